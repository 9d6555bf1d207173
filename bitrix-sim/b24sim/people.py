"""Invented employees and departments of a new portal."""

from b24sim.model import Department, Employee

FEMALE = ("Анна", "Мария", "Ольга", "Екатерина", "Наталья", "Ирина", "Татьяна", "Светлана", "Юлия", "Дарья")
MALE = ("Пётр", "Алексей", "Дмитрий", "Сергей", "Михаил", "Андрей", "Игорь", "Павел", "Николай", "Фёдор")
SURNAMES = (
    "Ёлкин", "Соколов", "Морозов", "Волков", "Лебедев", "Козлов", "Новиков", "Орлов", "Зайцев", "Павлов",
    "Голубев", "Виноградов", "Беляев", "Тарасов", "Комаров", "Киселёв", "Макаров", "Андреев", "Ильин",
)  # fmt: skip
POSITIONS = (
    "Руководитель отдела продаж", "Методист", "Менеджер по продажам", "Бухгалтер", "Специалист по кадрам",
    "Инженер по охране труда", "Старший кладовщик", "Юрист", "Маркетолог", "Системный администратор",
)  # fmt: skip
DEPARTMENTS = ("Ромашка", "Продажи", "Бухгалтерия", "Кадры", "Обучение", "Склад", "ИТ")


def invent_employees(count: int) -> list[Employee]:
    """The same `count` people each time; number 1 is the general director and the portal's admin."""
    return [_employee(number) for number in range(1, count + 1)]


def invent_departments() -> dict[int, Department]:
    """A root and six departments under it."""
    return {
        number: Department(number, name, parent=0 if number == 1 else 1, head=min(number, 3))
        for number, name in enumerate(DEPARTMENTS, 1)
    }


def _employee(number: int) -> Employee:
    if number == 1:
        return Employee(1, "Елена", "Смирнова", "Генеральный директор", "F", "user1@example.test", admin=True)
    female = number % 2 == 0
    names = FEMALE if female else MALE
    return Employee(
        id=number,
        name=names[(number // 2) % len(names)],
        last_name=SURNAMES[(number * 7) % len(SURNAMES)] + ("а" if female else ""),
        position=POSITIONS[number % len(POSITIONS)],
        gender="F" if female else "M",
        email=f"user{number}@example.test",
        departments=[1, 2 + number % (len(DEPARTMENTS) - 1)],
    )
