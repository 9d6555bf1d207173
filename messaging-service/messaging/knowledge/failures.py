"""Why a file gave no text: a stable code, and a sentence for the portal's administrator in Russian and English."""

from typing import Final

MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "encrypted": (
        "Файл защищён паролем. Снимите защиту и загрузите снова.",
        "The file is protected by a password. Remove the protection and upload it again.",
    ),
    "no_text_layer": (
        "В файле только изображения страниц, текста в нём нет. Распознайте его (OCR) и загрузите результат.",
        "The file holds pictures of pages and no text. Recognise it (OCR) and upload the result.",
    ),
    "corrupt": (
        "Файл повреждён или загружен не полностью. Откройте его у себя, сохраните заново и загрузите снова.",
        "The file is damaged or incomplete. Open it, save it anew and upload it again.",
    ),
    "too_large": (
        "Файл слишком большой для базы знаний. Разделите его на части и загрузите их по отдельности.",
        "The file is too large for the knowledge base. Split it and upload the parts one by one.",
    ),
    "unsupported": (
        (
            "Файлы такого вида не читаются. Загрузите PDF, Word, Excel, PowerPoint, OpenDocument, RTF, HTML, CSV, "
            "Markdown, обычный текст, письмо (EML) или ZIP-архив с такими файлами."
        ),
        (
            "Files of this kind are not read. Upload PDF, Word, Excel, PowerPoint, OpenDocument, RTF, HTML, CSV, "
            "Markdown, plain text, an e-mail (EML) or a ZIP archive of such files."
        ),
    ),
    "empty": (
        "В файле нет текста. Проверьте, тот ли файл выбран, и загрузите снова.",
        "There is no text in the file. Check that it is the right one and upload it again.",
    ),
    "timeout": (
        "Файл читается слишком долго. Упростите его или разделите на части и загрузите снова.",
        "Reading the file takes too long. Simplify or split it and upload it again.",
    ),
    "out_of_memory": (
        "Файл требует слишком много памяти. Разделите его на части или сохраните в другом формате.",
        "The file needs too much memory. Split it or save it in another format.",
    ),
    "crashed": (
        "Файл не удалось прочитать. Сохраните его в другом формате (например, PDF или DOCX) и загрузите снова.",
        "The file could not be read. Save it in another format (PDF or DOCX, say) and upload it again.",
    ),
    "bad_archive": (
        (
            "Файл устроен как архив, который нельзя безопасно распаковать: слишком много файлов, слишком глубокая "
            "вложенность или слишком большой объём. Загрузите документы по отдельности."
        ),
        (
            "The file is an archive that cannot be unpacked safely: too many files, nested too deep or "
            "too big inside. Upload the documents one by one."
        ),
    ),
}


class ExtractionFailed(Exception):
    """A file gave no text. `code` is a key of MESSAGES; `detail` is for the log and never shown to people."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.message_ru, self.message_en = MESSAGES[code]
