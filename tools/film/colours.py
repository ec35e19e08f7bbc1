"""How a film's colours are coded, so that a picture made here can stand among its pictures."""

from dataclasses import dataclass
from pathlib import Path

from autocut_director.tools.probe import film_stream, open_video

_MATRICES = {1: "bt709", 4: "fcc", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}  # by their numbers in ITU-T H.273
_USUAL = "bt601"  # what ffmpeg takes where nothing is said
_FULL_RANGE = 2


@dataclass(frozen=True)
class Colours:
    """Numbers of ITU-T H.273, and of ffmpeg: matrix, primaries and transfer; whether black is 0 and not 16."""

    matrix: int
    primaries: int
    transfer: int
    levels: int

    @property
    def filters(self) -> str:
        """Filters of ffmpeg from red, green and blue to these colours, in 4:2:0."""
        matrix, levels = _MATRICES.get(self.matrix, _USUAL), "pc" if self.levels == _FULL_RANGE else "tv"
        said = f"colorspace={self.matrix}:color_primaries={self.primaries}:color_trc={self.transfer}"
        return f"scale=out_color_matrix={matrix}:out_range={levels},format=yuv420p,setparams={said}:range={self.levels}"


def colours_of(path: Path) -> Colours:
    """Return how the colours of the film at `path` are coded.

    Raises:
        VideoError: It cannot be read.
    """
    with open_video(path) as container:
        codec = film_stream(container, path).codec_context
        return Colours(codec.colorspace, codec.color_primaries, codec.color_trc, codec.color_range)
