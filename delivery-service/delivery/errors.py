"""What this context refuses, as its callers see it."""

from grpc import StatusCode

from kit.errors import DomainError


class OutboxItemNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "OUTBOX_ITEM_NOT_FOUND"
    message = "There is no outbox item {id}."


class OutboxItemNotDead(DomainError):
    status, reason = StatusCode.FAILED_PRECONDITION, "OUTBOX_ITEM_NOT_DEAD"
    message = "Outbox item {id} is {state}: only what was given up is taken up again."
