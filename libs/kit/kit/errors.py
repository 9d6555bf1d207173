"""Errors as the callers of a service see them: a status, a stable reason and a sentence."""

from typing import ClassVar

import grpc


class DomainError(Exception):
    """Base of every error that a use case raises on purpose.

    A subclass names `status` (gRPC), `reason` (from the proto's ErrorReason) and `message`, a sentence whose
    `{fields}` are filled from the keyword arguments, which also travel as the error's detail.
    """

    status: ClassVar[grpc.StatusCode]
    reason: ClassVar[str]
    message: ClassVar[str]

    def __init__(self, **detail: object) -> None:
        super().__init__(self.message.format(**detail))
        self.detail = {key: str(value) for key, value in detail.items()}


class InvalidArgument(DomainError):
    """A value from outside that cannot be used."""

    status = grpc.StatusCode.INVALID_ARGUMENT
    reason = "INVALID_ARGUMENT"
    message = "{field}: {problem}"


class DatabaseUnavailable(DomainError):
    """The service's database cannot be reached now."""

    status = grpc.StatusCode.UNAVAILABLE
    reason = "DATABASE_UNAVAILABLE"
    message = "The database does not answer. Try again."


class CallerNotAllowed(DomainError):
    """Who calls is known, and the call graph has no such call of theirs."""

    status = grpc.StatusCode.PERMISSION_DENIED
    reason = "CALLER_NOT_ALLOWED"
    message = "{caller} may not call {rpc}."


class PeerError(Exception):
    """A call to another context failed.

    Attributes: `peer` (the context called), `status` (gRPC code), `reason` (its ErrorInfo.reason, or the
    name of the code), `message` (its sentence), `detail` (its ErrorInfo.metadata).
    """

    def __init__(
        self, peer: str, status: grpc.StatusCode, reason: str, message: str, detail: dict[str, str]
    ) -> None:
        super().__init__(f"{peer}: {reason}: {message}")
        self.peer = peer
        self.status = status
        self.reason = reason
        self.message = message
        self.detail = detail

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed later without anybody changing anything."""
        return self.status in {
            grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.DEADLINE_EXCEEDED,
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            grpc.StatusCode.ABORTED,
        }

    @property
    def is_final(self) -> bool:
        """Whether the peer judged the request itself, so that the same one will always be refused."""
        return self.status in {
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.FAILED_PRECONDITION,
            grpc.StatusCode.NOT_FOUND,
            grpc.StatusCode.OUT_OF_RANGE,
            grpc.StatusCode.PERMISSION_DENIED,
        }
