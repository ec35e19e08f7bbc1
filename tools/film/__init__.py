"""The film: a proven plan cut, framed, lettered and levelled by ffmpeg."""
