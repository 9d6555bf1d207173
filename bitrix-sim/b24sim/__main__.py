"""`python -m b24sim`: one process, any number of portals."""

import os

from b24sim.app import build_app
from b24sim.config import Settings
from b24sim.server import build_server


def main() -> None:
    """Serve until SIGTERM; the state is written on the way out."""
    settings = Settings.from_env(os.environ)
    build_server(build_app(settings), settings.host, settings.port).run()


main()
