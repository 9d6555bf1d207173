"""What this context refuses, as its callers see it."""

from grpc import StatusCode

from kit.errors import DomainError


class PlanNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "PLAN_NOT_FOUND"
    message = "There is no plan {code}."


class PlanExists(DomainError):
    status, reason = StatusCode.ALREADY_EXISTS, "PLAN_EXISTS"
    message = "There is a plan {code} already: change it, and it gets a new version."
