"""Built files of the user interface: their names carry a hash of their content, so they may be kept for ever."""

from os import PathLike, stat_result

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOR_EVER = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Serves a folder of them."""

    def file_response(
        self, full_path: "str | PathLike[str]", stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return a file with a long life."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = _FOR_EVER
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer
