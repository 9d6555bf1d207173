"""Documents as companies have them, made by the libraries that make them."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from email.message import EmailMessage
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import docx
import msoffcrypto.format.ooxml
import odfdo
import openpyxl
import pptx
import pytest
import reportlab.rl_config
import xlwt
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

RULES = [
    "Отпуск составляет двадцать восемь календарных дней и предоставляется ежегодно.",
    "Заявление подают за две недели до начала отпуска через портал сотрудника.",
    "Болеющий сотрудник сообщает руководителю о больничном листе в первый же день.",
]
STOCK: list[list[Any]] = [["Наименование", "Цена, руб", "Остаток"], ["Болт М6", 12.5, 400], ["Гайка М8", 7, 90]]
reportlab.rl_config.invariant = 1


class Files:
    """Makes files in a folder; every method returns the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def raw(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def docx(self, name: str = "регламент.docx", rules: Sequence[str] = RULES) -> Path:
        document = docx.Document()
        document.add_heading("Регламент отпусков", 1)
        document.add_paragraph(rules[0])
        document.add_heading("Как подать заявление", 2)
        document.add_paragraph(rules[1])
        table = document.add_table(2, 2)
        for cell, value in zip(table._cells, ["Стаж", "Дней", "пять лет", "31"], strict=True):
            cell.text = value
        document.add_heading("Больничный", 2)
        document.add_paragraph(rules[2])
        document.save(str(self.folder / name))
        return self.folder / name

    def xlsx(self, name: str = "склад.xlsx", sheets: Iterable[tuple[str, list[list[Any]]]] = ()) -> Path:
        book = openpyxl.Workbook(write_only=True)
        for title, rows in sheets or [
            ("Крепёж", [["Прайс на март"], *STOCK]),
            ("Пусто", []),
            ("Масла", STOCK[:2]),
        ]:
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book.save(self.folder / name)
        return self.folder / name

    def xls(self, name: str = "склад.xls") -> Path:
        book = xlwt.Workbook()
        sheet = book.add_sheet("Крепёж")
        for number, row in enumerate(STOCK):
            for column, value in enumerate(row):
                sheet.write(number, column, value)
        book.save(str(self.folder / name))
        return self.folder / name

    def pptx(self, name: str = "обучение.pptx") -> Path:
        deck = pptx.Presentation()
        for number, rule in enumerate(RULES, 1):
            slide = deck.slides.add_slide(deck.slide_layouts[1])
            slide.shapes.title.text = f"Правило {number}"
            slide.placeholders[1].text = rule
            slide.notes_slide.notes_text_frame.text = f"Спросить группу о примере {number}"
        deck.save(str(self.folder / name))
        return self.folder / name

    def pdf(self, name: str = "инструкция.pdf", pages: int = 3, **options: Any) -> Path:
        """`user` and `owner` are passwords; `text=False` draws pictures only."""
        locks = {key: options[key] for key in ("user", "owner") if key in options}
        key = StandardEncryption(locks.get("user", ""), locks["owner"], canCopy=0) if locks else None
        pdfmetrics.registerFont(TTFont("Manrope", package_files("font_manrope") / "files" / "Manrope-Regular.ttf"))
        canvas = Canvas(str(self.folder / name), encrypt=key)
        canvas.setTitle("Инструкция по отпускам")
        for page in range(1, pages + 1):
            canvas.setFont("Manrope", 20)
            if options.get("text", True):
                canvas.drawString(72, 780, f"Глава {page}. Отпуск")
                canvas.setFont("Manrope", 11)
                for line in range(40):
                    canvas.drawString(72, 740 - 15 * line, f"{page}.{line} {RULES[line % 3]}")
            canvas.rect(300, 20, 30, 30, fill=1)
            canvas.showPage()
        canvas.save()
        return self.folder / name

    def odt(self, name: str = "устав.odt") -> Path:
        document = odfdo.Document("text")
        document.body.clear()
        document.body.append(odfdo.Header(1, "Устав"))
        document.body.append(odfdo.Paragraph(RULES[0]))
        document.save(self.folder / name)
        return self.folder / name

    def ods(self, name: str = "склад.ods") -> Path:
        document = odfdo.Document("spreadsheet")
        document.body.clear()
        table = odfdo.Table("Крепёж")
        table.set_values(STOCK)
        document.body.append(table)
        document.save(self.folder / name)
        return self.folder / name

    def rtf(self, name: str = "приказ.rtf") -> Path:
        escaped = "".join(f"\\'{byte:02x}" for byte in RULES[0].encode("cp1251"))
        return self.raw(
            name, (r"{\rtf1\ansi\ansicpg1251\deff0{\fonttbl{\f0 Arial;}}\f0 " + escaped + r"\par}").encode()
        )

    def eml(self, name: str = "письмо.eml", attachments: Iterable[Path] = (), html: str = "") -> Path:
        message = EmailMessage()
        message["From"] = "Анна Орлова <anna@example.ru>"
        message["To"] = "Все <all@example.ru>"
        message["Date"] = "Thu, 05 Mar 2026 10:00:00 +0300"
        message["Subject"] = "Новые правила отпусков"
        if html:
            message.set_content(html, subtype="html", charset="koi8-r")
        else:
            message.set_content(RULES[1], charset="koi8-r")
        for path in attachments:
            message.add_attachment(
                path.read_bytes(), maintype="application", subtype="octet-stream", filename=path.name
            )
        return self.raw(name, message.as_bytes())

    def zip(self, name: str, members: dict[str, bytes]) -> Path:
        with zipfile.ZipFile(self.folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return self.folder / name

    def locked_docx(self, name: str = "секрет.docx") -> Path:
        sealed = io.BytesIO()
        msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(self.docx().read_bytes())).encrypt("пароль", sealed)
        return self.raw(name, sealed.getvalue())

    def rewritten(self, source: Path, part: str, write: Callable[[Any], None]) -> Path:
        """A container with one part written anew by `write(stream)`."""
        target = source.with_name(f"new-{source.name}")
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                if name != part:
                    new.writestr(name, old.read(name))
            with new.open(part, "w", force_zip64=True) as stream:
                write(stream)
        return target


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def rules() -> list[str]:
    return RULES
