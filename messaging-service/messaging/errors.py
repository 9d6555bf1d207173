"""What this context refuses, as its callers see it."""

from grpc import StatusCode

from kit.errors import DomainError


class DialogNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "DIALOG_NOT_FOUND"
    message = "There is no dialog {dialog_id}."


class TraceNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "TRACE_NOT_FOUND"
    message = "Nothing is known of trace {trace_id}."


class InboundEventNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "INBOUND_EVENT_NOT_FOUND"
    message = "There is no request {id} in the blackbox."


class PortalUnknown(DomainError):
    status, reason = StatusCode.NOT_FOUND, "PORTAL_UNKNOWN"
    message = "There is no portal {portal_id}."


class SimulationOff(DomainError):
    status, reason = StatusCode.NOT_FOUND, "SIMULATION_OFF"
    message = "Nothing is simulated here."
