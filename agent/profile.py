"""What this machine and its model servers are. The only prober: the policy decides from this value alone."""

from typing import Literal, Self

from autocut_director.agent.hardware.machine import Machine, detect_machine
from autocut_director.agent.servers.probing import Runtime, RuntimeName, probe_runtimes
from autocut_director.agent.settings import Settings

ProfileClass = Literal["LOCAL_CPU_ONLY", "LOCAL_GPU_LOW", "LOCAL_GPU_MID", "LOCAL_GPU_HIGH", "CLOUD_HYBRID"]

_CLASSES: tuple[tuple[float, ProfileClass], ...] = ((16, "LOCAL_GPU_HIGH"), (8, "LOCAL_GPU_MID"), (4, "LOCAL_GPU_LOW"))
_LEAST_RAM_GIB = 4


class RuntimeProfile(Machine):
    """The machine and the places where models run."""

    runtimes: tuple[Runtime, ...] = ()
    cloud_allowed: bool = True

    @classmethod
    def detect(cls, settings: Settings | None = None) -> Self:
        """Find out what this machine is and which model servers answer.

        Takes under 3 s when hosts do not answer, under 0.5 s when they refuse. Sends no frame and no description.

        Raises:
            InputError: The environment has a value that cannot be.
        """
        settings = settings or Settings.from_env()
        machine = detect_machine()
        return cls(**dict(machine), runtimes=probe_runtimes(settings), cloud_allowed=settings.allow_cloud)

    @classmethod
    def alone(cls, settings: Settings) -> Self:
        """Find out what this machine is, and ask nobody else: where no model is wanted."""
        return cls(**dict(detect_machine()), cloud_allowed=settings.allow_cloud)

    @property
    def profile_class(self) -> ProfileClass:
        """The class of the machine, by the total VRAM of its largest GPU."""
        gpu = self.largest_gpu
        vram = round(gpu.vram_total_gib, 1) if gpu is not None else 0.0  # a 16-GiB card reports 15.99
        for least, name in _CLASSES:
            if vram >= least:
                return name
        if self.ram_total_gib < _LEAST_RAM_GIB and self.cloud_allowed:
            return "CLOUD_HYBRID"
        return "LOCAL_CPU_ONLY"

    def runtime(self, name: RuntimeName) -> Runtime | None:
        """Return the runtime `name`, if it was asked; of several servers of one kind the first."""
        return next(iter(self.servers(name)), None)

    def servers(self, name: RuntimeName) -> tuple[Runtime, ...]:
        """Return every server of the kind `name`, in the order in which they are named."""
        return tuple(runtime for runtime in self.runtimes if runtime.name == name)
