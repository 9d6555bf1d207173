"""What this context refuses, as its callers see it."""

from grpc import StatusCode

from kit.errors import DomainError


class PortalNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "PORTAL_NOT_FOUND"
    message = "There is no portal {portal_id}."


class PortalExists(DomainError):
    status, reason = StatusCode.ALREADY_EXISTS, "PORTAL_EXISTS"
    message = "There is a portal with this member_id already: {portal_id}."


class InstallNotVerified(DomainError):
    status, reason = StatusCode.PERMISSION_DENIED, "INSTALL_NOT_VERIFIED"
    message = "The Bitrix24 authorization server does not confirm this install: {why}. Open the app again."


class OauthUnavailable(DomainError):
    status, reason = StatusCode.UNAVAILABLE, "OAUTH_UNAVAILABLE"
    message = "The Bitrix24 authorization server does not answer ({code}). Nothing was changed; try again."


class NoCredential(DomainError):
    status, reason = StatusCode.FAILED_PRECONDITION, "NO_CREDENTIAL"
    message = "Portal {portal_id} has no live token: an administrator of it must open the app."


class TokenRefused(DomainError):
    status, reason = StatusCode.FAILED_PRECONDITION, "TOKEN_REFUSED"
    message = (
        "The Bitrix24 authorization server refuses to renew the token of portal {portal_id}: {code}. "
        "It is asked again in {retry_after_s} seconds."
    )


class LookedLately(DomainError):
    status, reason = StatusCode.RESOURCE_EXHAUSTED, "LOOKED_LATELY"
    message = "Portal {portal_id} was asked for its payment less than a minute ago. Tell it again."


class RightsUnknown(DomainError):
    status, reason = StatusCode.UNAVAILABLE, "RIGHTS_UNKNOWN"
    message = "The portal did not say whether user {user_id} is an administrator ({code}). Try again."


class PortalUnavailable(DomainError):
    status, reason = StatusCode.UNAVAILABLE, "PORTAL_UNAVAILABLE"
    message = "The portal did not answer as it should ({code}). Try again."


class FetchNeedsBotsV2(DomainError):
    status, reason = StatusCode.FAILED_PRECONDITION, "FETCH_NEEDS_BOTS_V2"
    message = "The bot of portal {portal_id} is a classic one: it cannot be asked for its events."


class PortalNotInstalled(DomainError):
    status, reason = StatusCode.FAILED_PRECONDITION, "PORTAL_NOT_INSTALLED"
    message = "The app is not installed on portal {portal_id} any more."


class DepartmentsNeedBotsV2(DomainError):
    status, reason = StatusCode.FAILED_PRECONDITION, "DEPARTMENTS_NEED_BOTS_V2"
    message = "The bot of portal {portal_id} is a classic one: it does not hear whose department is whose."


class DepartmentsNotReadable(DomainError):
    status, reason = StatusCode.FAILED_PRECONDITION, "DEPARTMENTS_NOT_READABLE"
    message = "The portal does not let the app read its departments ({code}): the right `department` is missing."


class AuthorizationNotBegun(DomainError):
    status, reason = StatusCode.PERMISSION_DENIED, "AUTHORIZATION_NOT_BEGUN"
    message = "This authorization was not begun here, or is over: {why}. Ask for a new link."


class InvalidCredentials(DomainError):
    status, reason = StatusCode.UNAUTHENTICATED, "INVALID_CREDENTIALS"
    message = "The e-mail or the password is wrong."


class SessionExpired(DomainError):
    status, reason = StatusCode.UNAUTHENTICATED, "SESSION_EXPIRED"
    message = "The session has ended. Sign in again."


class TooManyAttempts(DomainError):
    status, reason = StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_ATTEMPTS"
    message = "Too many failed attempts. Try again in {retry_after_s} seconds."


class NotAnAdmin(DomainError):
    status, reason = StatusCode.PERMISSION_DENIED, "NOT_AN_ADMIN"
    message = "User {user_id} is not an administrator of the portal; only one can install the app."


class NotAnOwner(DomainError):
    status, reason = StatusCode.PERMISSION_DENIED, "NOT_AN_OWNER"
    message = "Only an owner manages accounts."


class AdminNotFound(DomainError):
    status, reason = StatusCode.NOT_FOUND, "ADMIN_NOT_FOUND"
    message = "There is no account {admin_id}."


class EmailTaken(DomainError):
    status, reason = StatusCode.ALREADY_EXISTS, "EMAIL_TAKEN"
    message = "{email} has an account."


class LastOwner(DomainError):
    status, reason = StatusCode.FAILED_PRECONDITION, "LAST_OWNER"
    message = "This is the last owner who can sign in. Make somebody else an owner first."


class WeakPassword(DomainError):
    status, reason = StatusCode.INVALID_ARGUMENT, "WEAK_PASSWORD"
    message = "The new password {problem}."


class WrongPassword(DomainError):
    status, reason = StatusCode.PERMISSION_DENIED, "WRONG_PASSWORD"
    message = "The current password is wrong."


class RedisUnavailable(DomainError):
    status, reason = StatusCode.UNAVAILABLE, "REDIS_UNAVAILABLE"
    message = "Redis does not answer, where workers tell of themselves. They work on without it, later."
