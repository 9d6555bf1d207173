"""user.*, profile and department.get (contract 6.5, 7)."""

from collections.abc import Callable
from typing import Any

from b24sim.model import Department, Employee
from b24sim.rest.call import Call, Handler, Page, RestError
from b24sim.rest.params import as_bool, as_int, as_items, as_map, as_text

PAGE = 50


def get(call: Call) -> Page:
    """Employees by FILTER, pages of 50; `start=-1` counts nothing (contract 3.2)."""
    found = _matching(call, _criteria(call))
    return _page(call, _sorted(found, as_text(_param(call, "sort")), as_text(_param(call, "order"))))


def search(call: Call) -> Page:
    """Active employees by full text (FIND) over name and position, for pick lists."""
    return _page(call, _matching(call, {"ACTIVE": True, **_criteria(call)}))


def current(call: Call) -> dict[str, Any]:
    """The user whose token it is."""
    return user_fields(_caller(call))


def admin(call: Call) -> bool:
    """Whether the user whose token it is administers the portal."""
    return _caller(call).admin


def profile(call: Call) -> dict[str, Any]:
    """The short card of the user whose token it is; needs no scope."""
    user = _caller(call)
    return {
        "ID": str(user.id),
        "ADMIN": user.admin,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "PERSONAL_GENDER": user.gender,
        "TIME_ZONE": "",
        "PERSONAL_PHOTO": "",
    }


def departments(call: Call) -> Page:
    """The structure, by ID, PARENT, NAME or UF_HEAD."""
    found = [_department_fields(department) for department in call.portal.departments.values()]
    for key in ("ID", "PARENT", "NAME", "UF_HEAD"):
        wanted = {as_text(item) for item in as_items(_param(call, key))}
        if wanted:
            found = [fields for fields in found if fields.get(key) in wanted]
    start = max(as_int(_param(call, "START")), 0)
    return Page(found[start : start + PAGE], len(found), start + PAGE if start + PAGE < len(found) else None)


def user_fields(user: Employee) -> dict[str, Any]:
    """One item of user.get: the id is a string, departments are numbers."""
    return {
        "ID": str(user.id),
        "XML_ID": str(user.id),
        "ACTIVE": user.active,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "SECOND_NAME": "",
        "WORK_POSITION": user.position,
        "PERSONAL_GENDER": user.gender,
        "PERSONAL_PHOTO": "",
        "UF_DEPARTMENT": user.departments,
        "USER_TYPE": user.kind,
    }


def _caller(call: Call) -> Employee:
    """The person, or the bot in the shape of one: a bot is a user of the portal too."""
    if call.user_id in call.portal.users:
        return call.portal.users[call.user_id]
    bot = call.portal.bots.get(call.user_id)
    if bot is None:
        raise RestError("ACCESS_DENIED", "Access denied!", 403)
    return Employee(bot.id, bot.name, "")


def _page(call: Call, found: list[Employee]) -> Page:
    start = as_int(_param(call, "start"))
    if start < 0:  # counting is off, and so is `next`
        return Page([user_fields(user) for user in found[:PAGE]], None, None)
    items = [user_fields(user) for user in found[start : start + PAGE]]
    return Page(items, len(found), start + PAGE if start + PAGE < len(found) else None)


def _criteria(call: Call) -> dict[str, Any]:
    """FILTER, and the same fields beside it as older code writes them; unknown ones are ignored."""
    given = {**call.params, **as_map(_param(call, "FILTER"))}
    return {key.upper(): value for key, value in given.items() if key.upper() in CRITERIA}


def _matching(call: Call, criteria: dict[str, Any]) -> list[Employee]:
    return [
        user
        for user in call.portal.users.values()
        if not user.connector and all(CRITERIA[key](user, value) for key, value in criteria.items())
    ]


def _sorted(users: list[Employee], field: str, order: str) -> list[Employee]:
    descending = order.upper() == "DESC"
    if field.upper() in {"NAME", "LAST_NAME", "WORK_POSITION"}:
        return sorted(users, key=lambda user: str(user_fields(user)[field.upper()]), reverse=descending)
    return sorted(users, key=lambda user: user.id, reverse=descending)


def _param(call: Call, name: str) -> Any:
    """A parameter in whatever case it was written: both are met in the docs."""
    for key in (name, name.lower(), name.upper()):
        if key in call.params:
            return call.params[key]
    return None


def _words(value: Any) -> set[str]:
    return {as_text(item) for item in as_items(value)}


def _finds(user: Employee, value: Any) -> bool:
    return as_text(value).lower() in f"{user.full_name} {user.position}".lower()


def _in_department(user: Employee, value: Any) -> bool:
    return not {as_int(item) for item in as_items(value)}.isdisjoint(user.departments)


CRITERIA: dict[str, Callable[[Employee, Any], bool]] = {
    "ACTIVE": lambda user, value: user.active == as_bool(value),
    "ID": lambda user, value: str(user.id) in _words(value),
    "@ID": lambda user, value: str(user.id) in _words(value),
    "!ID": lambda user, value: str(user.id) not in _words(value),
    ">ID": lambda user, value: user.id > as_int(value),
    "<ID": lambda user, value: user.id < as_int(value),
    "NAME": lambda user, value: user.name == as_text(value),
    "LAST_NAME": lambda user, value: user.last_name == as_text(value),
    "WORK_POSITION": lambda user, value: user.position == as_text(value),
    "USER_TYPE": lambda user, value: user.kind in _words(value),
    "UF_DEPARTMENT": _in_department,
    "@UF_DEPARTMENT": _in_department,
    "NAME_SEARCH": _finds,
    "FIND": _finds,
}


def _department_fields(department: Department) -> dict[str, Any]:
    return {
        "ID": str(department.id),
        "NAME": department.name,
        "SORT": 500,
        "PARENT": str(department.parent) if department.parent else None,
        "UF_HEAD": str(department.head),
    }


METHODS: dict[str, Handler] = {
    "user.get": get,
    "user.search": search,
    "user.current": current,
    "user.admin": admin,
    "profile": profile,
    "department.get": departments,
}
