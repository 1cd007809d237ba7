"""gunicorn with one process, for whoever starts it again when it ends.

gunicorn's master starts its worker again, and kills it when it hangs. Under `manage.py serve`, the
supervisor starts the web process again. So the worker serves without a master, which would be one
more process in memory, and an alarm of the system ends it when it hangs.
"""

import os
import signal
import sys
from typing import Any, NoReturn

from django.conf import settings
from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.arbiter import Arbiter


class Application(WSGIApplication):  # type: ignore[misc]
    """gunicorn's command, which reads its options from `sys.argv` and the file that they name."""

    def run(self) -> None:
        """Serve: in this process if one is enough, or else in several below a master."""
        if settings.WEB_PROCESSES > 1:
            super().run()
        else:
            _Alone(self).run()


class _Alone(Arbiter):  # type: ignore[misc]
    """What gunicorn does before it starts its first worker, and then that worker itself."""

    def init_signals(self) -> None:
        """Handle no signal as a master does."""

    def run(self) -> NoReturn:
        """Listen and serve until told to end.

        Without a master, the worker's parent is ours. It ends when that one has ended.
        """
        self.start()
        alone = type("Alone", (_EndsByItself, self.worker_class), {})
        patience = self.timeout / 2
        worker = alone(1, os.getppid(), self.LISTENERS, self.app, patience, self.cfg, self.log)
        worker.pid = os.getpid()
        worker.notify()  # from now on: it may hang while it loads the application
        worker.init_process()
        sys.exit()


class _EndsByItself:
    """A mixin, put before a class of gunicorn's workers: what a master would do to them."""

    cfg: Any
    handle_exit: Any

    def init_signals(self) -> None:
        """Handle the signals as a worker does, and begin to end in order on SIGHUP, too."""
        super().init_signals()  # type: ignore[misc]
        signal.signal(signal.SIGHUP, self.handle_exit)

    def notify(self) -> None:
        """Put off the alarm. It needs no thread and no Python, so nothing can hold it up."""
        super().notify()  # type: ignore[misc]
        signal.alarm(self.cfg.timeout)
