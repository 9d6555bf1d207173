"""What this context refuses, as its callers see it."""

from grpc import StatusCode

from kit.errors import DomainError


class DialogNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "DIALOG_NOT_FOUND"
    message = "There is no dialog {dialog_id}."


class TraceNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "TRACE_NOT_FOUND"
    message = "Nothing is known of trace {trace_id}."
