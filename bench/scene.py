"""What most measurements share: one prepared database, its tenants, and how much to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.arrivals import Arrivals
from bench.load import numbers
from bench.stage import Stage
from bench.tenants import Tenant

ORGANIZATIONS, RECIPIENTS = 16, 32
BACKLOG_SECONDS = 300.0


@dataclass
class Scene:
    """One database with tenants; web processes are started when they are first asked for."""

    stage: Stage
    quick: bool = False
    database: str = ""
    tenants: list[Tenant] = field(default_factory=list)
    _webs: dict[str, str] = field(default_factory=dict)

    def prepare(self, organizations: int = ORGANIZATIONS, recipients: int = RECIPIENTS) -> None:
        """Create the database, its tables and its people."""
        self.database = self.stage.create_database()
        self.stage.prepare(self.env())
        self.tenants = self.stage.make_tenants(self.env(), organizations, recipients)

    @property
    def secret(self) -> str:
        """Return the secret with which ovice signs."""
        return self.stage.secrets["OVICE_EVENT_SECRETS"]

    def env(self, **more: str) -> dict[str, str]:
        """Return the configuration of the product on this database."""
        return self.stage.environment(self.database, **more)

    def web(self) -> str:
        """Return the address of the product's web process."""
        if "web" not in self._webs:
            self._webs["web"] = self.stage.start_web("web", self.env())
        return self._webs["web"]

    def compared_web(self) -> str:
        """Return the address of the web process with the views it is compared with."""
        if "compared" not in self._webs:
            env = self.env(DJANGO_SETTINGS_MODULE="bench.settings")
            self._webs["compared"] = self.stage.start_web("compared", env)
        return self._webs["compared"]

    def stop_webs(self) -> None:
        """End the web processes: an idle one may still ask the broker something."""
        self.stage.stop(*self._webs)
        self._webs.clear()

    def size(self, count: int) -> int:
        """Return how many of something to do: a quick run does a tenth."""
        return max(100, count // 10) if self.quick else count

    def rounds(self, count: int) -> int:
        """Return how many rounds to do."""
        return 1 if self.quick else count

    def clear(self) -> None:
        """Forget all traffic of earlier rounds."""
        self.stage.clear(self.database)

    @contextmanager
    def worker(self, *options: str, name: str = "worker", **env: str) -> Iterator[str]:
        """Run one worker of the product, with beat, and yield its name."""
        configuration = self.env(**env)
        self.stage.start_worker(name, configuration, *options)
        self.stage.start_beat(configuration, f"beat-{name}")
        try:
            yield name
        finally:
            self.stage.stop(name, f"beat-{name}")

    def backlog(self, count: int, organization: str = "") -> None:
        """Make that many DMs wait, all at once, and wake their lanes."""
        first = next(numbers)
        for _ in range(count):
            next(numbers)
        self.stage.manage(
            self.env(),
            "bench_backlog",
            str(count),
            *("--first", str(first), "--organization", organization),
        )

    def drain(self, count: int) -> Arrivals:
        """Wait until that many DMs are at the target and return them."""
        self.stage.wait_for_arrivals(count, BACKLOG_SECONDS)
        return Arrivals.take(self.stage.responder_url)
