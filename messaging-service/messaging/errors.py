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


class StorageUnavailable(DomainError):
    status, reason = StatusCode.UNAVAILABLE, "STORAGE_UNAVAILABLE"
    message = "The storage of documents does not answer: {problem}"


class DocumentNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "DOCUMENT_NOT_FOUND"
    message = "There is no such document."


class DocumentEmpty(DomainError):
    status, reason = StatusCode.INVALID_ARGUMENT, "DOCUMENT_EMPTY"
    message = "The file {filename} is empty."


class DocumentTooLarge(DomainError):
    status, reason = StatusCode.OUT_OF_RANGE, "DOCUMENT_TOO_LARGE"
    message = "The file {filename} is larger than {limit_mb} MB."


class KnowledgeLimitReached(DomainError):
    status, reason = StatusCode.FAILED_PRECONDITION, "KNOWLEDGE_LIMIT_REACHED"
    message = "The plan allows {limit} of {name}. Delete documents or change the plan."


class ModelAddressNotAllowed(DomainError):
    status, reason = StatusCode.FAILED_PRECONDITION, "MODEL_ADDRESS_NOT_ALLOWED"
    message = "Models at {base_url} are not allowed. Ask the vendor to allow this address."


class ExplanationNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "EXPLANATION_NOT_FOUND"
    message = "Nothing is kept of how this message was answered: a rule did it, or it was not answered."


class CuratedNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "CURATED_NOT_FOUND"
    message = "There is no such answer."


class GoldenNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "GOLDEN_NOT_FOUND"
    message = "There is no such question."


class AnswersUsedUp(DomainError):
    status, reason = StatusCode.FAILED_PRECONDITION, "ANSWERS_USED_UP"
    message = "The plan's answers of this period are used up."
