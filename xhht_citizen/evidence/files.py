"""Files from strangers: proved by decoding, made again without what nobody asked for, then kept.

`clean` lets exactly two things out: a WebP picture that was decoded here, and a PDF written anew.
`Store` keeps them, in a folder or in any S3-compatible storage, by one interface.
Any number of threads may call both; no process-wide state of Pillow is touched.
"""

from __future__ import annotations

import hashlib
import io
import re
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.evidence.pdf import BROKEN_PDF, RefusedError, clean_pdf
from xhht_citizen.evidence.references import CARD, from_qr, is_card
from xhht_citizen.evidence.rules import MAX_FILE_BYTES, MAX_PIXELS

if TYPE_CHECKING:
    from obstore.store import ObjectStore
    from PIL.Image import Image as Picture

    from xhht_citizen.config import Settings

LONG_SIDE = 1600  # pixels: a certificate's small print stays readable
QUALITY = 80

EMPTY = N_("Tệp “%(name)s” trống, không có gì bên trong. Xin chọn lại tệp hoặc chụp lại ảnh.")
TOO_BIG = N_("Tệp “%(name)s” nặng hơn 10 MB. Xin chụp lại ở cỡ nhỏ hơn hoặc tách thành nhiều tệp.")
WRONG_TYPE = N_(
    "Tệp “%(name)s” không phải là ảnh hay PDF. Xin gửi ảnh chụp (JPEG, PNG, WebP, HEIC) hoặc tệp PDF; "
    "tệp Word thì lưu thành PDF, hoặc chụp ảnh trang giấy."
)
BROKEN_IMAGE = N_("Ảnh “%(name)s” bị hỏng hoặc chưa tải hết. Xin chụp lại hoặc chọn ảnh khác.")
TOO_MANY_PIXELS = N_("Ảnh “%(name)s” có quá nhiều điểm ảnh. Xin chụp lại ở cỡ thường (dưới 50 triệu điểm ảnh).")

SHRUNK = N_("Ảnh đã được thu nhỏ.")
PDF_SIGNED = N_("Tệp PDF có chữ ký số; bản lưu ở đây không giữ được chữ ký đó. Xin giữ tệp gốc.")

ALREADY_KEPT = N_("Tệp này đã được lưu rồi.")
NOT_KEPT = N_("Không tìm thấy tệp này.")

# Two files at a time: 52 million pixels with alpha are 208 MB, and a server has many threads.
_decoding = threading.BoundedSemaphore(2)

_EXIF_ORIENTATION = 0x0112
_HEIC_BRANDS = frozenset({b"heic", b"heix"})  # filetype does not know the 10-bit heix of newer phones
_MAX_SCANS = 100  # a progressive JPEG has about ten; each one walks over the whole picture


@dataclass(frozen=True, slots=True)
class CleanFile:
    """A harmless file. Sizes in pixels (pictures) or pages (PDF); `note` is a marked text for the person, or ""."""

    content: bytes
    content_type: str
    extension: str
    width: int | None
    height: int | None
    pages: int | None
    sha256: str
    note: str
    code: str = ""  # what the QR code in a picture says, if it may be a certificate's


def clean(data: bytes, declared_name: str) -> CleanFile:
    """Make a stranger's file harmless, or raise Invalid(field="files") with what to do; nothing else is raised.

    A picture becomes a WebP of at most 1600 pixels, upright, first frame, on white, without metadata.
    A PDF is written anew without scripts, actions, attachments, media and metadata; its page content stays.
    The declared name is only repeated in messages: the type is what the bytes prove.
    """
    name = _shown(declared_name)
    if not data:
        raise Invalid(EMPTY, field="files", name=name)
    if len(data) > MAX_FILE_BYTES:
        raise Invalid(TOO_BIG, field="files", name=name)
    kind = _sniff(data)
    if kind is None:
        raise Invalid(WRONG_TYPE, field="files", name=name)
    is_pdf = kind == "application/pdf"
    try:
        with _decoding:
            return _from_pdf(data) if is_pdf else _from_image(data, kind)
    except RefusedError as refused:
        raise Invalid(refused.args[0], field="files", name=name) from None
    except Exception as error:  # decoders answer hostile bytes with almost any exception; all mean the same
        raise Invalid(BROKEN_PDF if is_pdf else BROKEN_IMAGE, field="files", name=name) from error


def _shown(declared_name: str) -> str:
    """The name as it may stand in a message: last part of a path, printable, short."""
    last = re.split(r"[\\/]", declared_name or "")[-1]
    printable = "".join(char for char in last if char.isprintable()).strip()
    return printable if len(printable) <= 60 else f"{printable[:40]}…{printable[-12:]}"


def _sniff(data: bytes) -> str | None:
    import filetype

    accepted = {"image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf"}
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "image/heic"
    try:
        kind = filetype.guess_mime(data[:8192])
    except Exception:  # its matchers index into short and odd headers
        return None
    if kind == "image/apng":
        return "image/png"
    return kind if kind in accepted else None


def _from_pdf(data: bytes) -> CleanFile:
    pdf = clean_pdf(data)
    return CleanFile(
        content=pdf.content,
        content_type="application/pdf",
        extension="pdf",
        width=None,
        height=None,
        pages=pdf.pages,
        sha256=hashlib.sha256(pdf.content).hexdigest(),
        note=PDF_SIGNED if pdf.signed else "",
    )


def _from_image(data: bytes, kind: str) -> CleanFile:
    from PIL import Image

    try:
        picture = _decoder(kind)(io.BytesIO(data))  # reads the header only
    except Image.DecompressionBombError:
        raise RefusedError(TOO_MANY_PIXELS) from None
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise RefusedError(TOO_MANY_PIXELS)
    target = _fitted(width, height)
    if kind == "image/jpeg":
        if data.count(b"\xff\xda") > _MAX_SCANS:
            raise RefusedError(BROKEN_IMAGE)
        picture.draft("RGB", target)  # lets the decoder skip detail: a quarter of the time and memory
    picture.load()
    if picture.width * picture.height > MAX_PIXELS:  # HEIC may learn its size while decoding
        raise RefusedError(TOO_MANY_PIXELS)
    turn = _turn(picture)
    upright = _on_white(picture, _fitted(picture.width, picture.height))
    if turn is not None:
        upright = upright.transpose(turn)
    upright.info = {}  # no profile, comment, EXIF or XMP can reach the encoder
    said = _qr_of(upright)
    out = io.BytesIO()
    upright.save(out, format="WEBP", quality=QUALITY, method=3)
    content = out.getvalue()
    return CleanFile(
        content=content,
        content_type="image/webp",
        extension="webp",
        width=upright.width,
        height=upright.height,
        pages=None,
        sha256=hashlib.sha256(content).hexdigest(),
        note=CARD if is_card(said) else SHRUNK if target != (width, height) else "",
        code=from_qr(said) or "",
    )


def _qr_of(picture: Picture) -> str:
    """What a cleaned picture's QR code says, or "". The picture is small by now: it takes hundredths of a second.

    A code is a help and no more: whatever its reader stumbles over, the picture is kept.
    """
    try:
        import zxingcpp

        only = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        found = zxingcpp.read_barcodes(picture.convert("L"), formats=only)
        return str(found[0].text) if found else ""
    except Exception:  # the reader is native code that meets strangers' pictures
        return ""


def _decoder(kind: str) -> Any:
    """The one decoder for what was sniffed: Image.open would try others, warn, and keep global state."""
    if kind == "image/jpeg":
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile
    if kind == "image/png":
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile
    if kind == "image/webp":
        from PIL.WebPImagePlugin import WebPImageFile

        return WebPImageFile
    from pillow_heif import HeifImageFile

    return HeifImageFile


def _fitted(width: int, height: int) -> tuple[int, int]:
    """The size inside LONG_SIDE x LONG_SIDE, same shape, never larger than it was."""
    scale = min(1.0, LONG_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _turn(picture: Picture) -> Any:
    """The Transpose that makes the picture upright, or None; unreadable EXIF means upright."""
    from PIL.Image import Transpose

    try:
        orientation = picture.getexif().get(_EXIF_ORIENTATION)
    except Exception:  # EXIF is a small TIFF written by anyone
        return None
    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return turns.get(orientation) if isinstance(orientation, int) else None


def _on_white(picture: Picture, size: tuple[int, int]) -> Picture:
    """The first frame in RGB at `size`, what was transparent turned white."""
    from PIL import Image

    if picture.mode.startswith("I"):  # 16-bit grey: converting would clip nearly all of it to white
        picture = picture.point(lambda value: value / 256, "L") if picture.mode == "I;16" else picture.convert("L")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode != "RGB":
        picture = picture.convert("RGB")
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if picture.mode == "RGB":
        return picture.copy()
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


_JOB_KEY = re.compile(r"jobs/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[0-9]{1,4}")  # what a job's claim left
_LIST_KEY = re.compile(r"lists/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.list")  # an uploaded list of residents
_KEY = re.compile(r"([0-9]{5}|none)/[0-9]{4}/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(webp|pdf|xlsx)")


def key_for(ward_code: str | None, year: int, file_id: uuid.UUID, extension: str) -> str:
    """Where a file is kept: `<ward_code>/<yyyy>/<uuid>.<ext>`, `none` for who has no ward yet; one id, one file."""
    return _checked(f"{ward_code or 'none'}/{year:04d}/{file_id}.{extension}")


def _is_key(key: str) -> bool:
    return any(kind.fullmatch(key) for kind in (_KEY, _JOB_KEY, _LIST_KEY))


def _checked(key: str) -> str:
    if not _is_key(key):
        raise ValueError(f"not a key of the file store: {key!r}")
    return key


class Store:
    """Kept files by key. Content never changes under a key; the type is in the database, not here."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    @classmethod
    def open(cls, settings: Settings) -> Store:
        """The store of `files_url` (s3://bucket/prefix, file:///folder), else the folder `files` in the data folder.

        S3 takes its keys, region and endpoint from the environment (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, ...).
        """
        from obstore.store import LocalStore, from_url

        if settings.files_url and not settings.files_url.startswith("file:"):
            return cls(from_url(settings.files_url))
        if settings.files_url:
            return cls(LocalStore.from_url(settings.files_url, mkdir=True))
        folder = settings.data_dir / "files"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(LocalStore(folder))

    def put(self, key: str, content: bytes) -> None:
        """Keep `content`; Conflict when the key is taken (a form sent again), and then nothing is overwritten."""
        import obstore

        try:
            # In one piece: a multipart upload cannot promise "only if absent".
            obstore.put(self._objects, _checked(key), content, mode="create", use_multipart=False)
        except obstore.exceptions.AlreadyExistsError:
            raise Conflict(ALREADY_KEPT) from None

    def get(self, key: str) -> bytes:
        """The content whole, in memory; NotFound when there is none.

        What was taken in as evidence is at most MAX_FILE_BYTES when it came. What a job left has no such bound: the
        certificates of a large decision may be many times that.
        """
        import obstore

        try:
            return obstore.get(self._objects, _checked(key)).bytes().to_bytes()
        except FileNotFoundError:
            raise NotFound(NOT_KEPT) from None

    def list(self, prefix: str) -> Iterator[str]:
        """The keys under a prefix that ends with a slash, asked for page by page; keys of another's make are passed."""
        import obstore

        for page in obstore.list(self._objects, prefix.rstrip("/")):
            yield from (one["path"] for one in page if _is_key(one["path"]) and one["path"].startswith(prefix))

    def delete(self, key: str) -> None:
        """Remove the file; removing it twice is fine."""
        import obstore

        try:
            obstore.delete(self._objects, _checked(key))
        except FileNotFoundError:
            return
