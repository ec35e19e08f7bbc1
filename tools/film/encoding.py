"""How films, and the pieces of films, are encoded: H.264 and AAC that every telephone plays."""

from fractions import Fraction

FILM = ["-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart", "-map_metadata", "-1", "-f", "mp4"]
"""The sound and the file of a whole film."""
PIECE = ["-c:a", "pcm_s16le", "-f", "mov"]
"""Those of a piece: sound is encoded once, when the pieces are joined."""
_PICTURES = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p"]
_TICKS = 10_000


def pictures(rate: Fraction) -> list[str]:
    """Return how pictures are encoded at `rate` frames a second."""
    return [*_PICTURES, "-r", f"{rate.numerator}/{rate.denominator}", "-video_track_timescale", str(timescale(rate))]


def timescale(rate: Fraction) -> int:
    """Return ticks a second in which every frame begins on a whole tick."""
    return rate.numerator * (1 if rate.numerator >= _TICKS else _TICKS)
