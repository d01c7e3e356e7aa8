"""A PDF from a stranger, written anew with its pages and without anything that acts, hides or tells tales.

Two passes: pikepdf's Sanitizer where actions are meant to be, and our own sweep over every object for the rest.
What a page shows (its content streams, fonts, pictures) is copied as it is.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xhht_citizen.errors import N_
from xhht_citizen.evidence.rules import MAX_FILE_BYTES, MAX_PDF_PAGES

if TYPE_CHECKING:
    from pikepdf import Pdf

BROKEN_PDF = N_("Không đọc được tệp PDF “%(name)s”. Xin lưu lại tệp đó, hoặc chụp ảnh trang giấy.")
LOCKED_PDF = N_("Tệp PDF “%(name)s” bị khóa hoặc có mật khẩu. Xin bỏ khóa rồi gửi lại, hoặc chụp ảnh trang giấy.")
LONG_PDF = N_("Tệp PDF “%(name)s” dài quá 50 trang. Xin chỉ gửi những trang cần thiết.")
HEAVY_PDF = N_("Tệp PDF “%(name)s” quá phức tạp. Xin in thành PDF mới, hoặc chụp ảnh trang giấy.")

_UNPACKED = 4 * 1024 * 1024  # bytes of one structural stream
_MAX_WEIGHT = 500_000  # dictionary entries and array items, and each 64 bytes of text: about a second of looking
_MAX_ANNOTATIONS = 1_000  # per page
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_LZW = re.compile(rb"/LZW(Decode)?[\s/\]>]")
_CATALOG = frozenset(  # all that may stay in a catalog: pages, form fonts, layers, reading order
    {
        "/Type",
        "/Pages",
        "/PageLabels",
        "/Version",
        "/Extensions",
        "/AcroForm",
        "/OCProperties",
        "/OutputIntents",
        "/Lang",
        "/MarkInfo",
        "/StructTreeRoot",
        "/ViewerPreferences",
    }
)
_NEVER = frozenset(  # keys that carry actions, files, media, other people's data or a way out of the file
    {"/AA", "/AF", "/EF", "/JS", "/XFA", "/Metadata", "/PieceInfo", "/Thumb", "/OPI", "/Ref", "/LastModified"}
    | {"/Movie", "/Sound", "/RichMediaContent", "/RichMediaSettings", "/3DD", "/Perms"}
)
_ACTIONS = frozenset(
    {"/JavaScript", "/URI", "/Launch", "/GoToR", "/GoToE", "/GoToDp", "/SubmitForm", "/ImportData", "/ResetForm"}
    | {"/Rendition", "/Movie", "/Sound", "/RichMediaExecute", "/SetOCGState", "/GoTo3DView", "/Hide"}
)


@dataclass(frozen=True, slots=True)
class CleanPdf:
    """The new PDF, its number of pages, and whether the old one carried a digital signature (the new one cannot)."""

    content: bytes
    pages: int
    signed: bool


class RefusedError(Exception):
    """Why a file cannot be taken; its only argument is the marked message, with a place for `name`."""


def clean_pdf(data: bytes) -> CleanPdf:
    """Write the PDF anew; RefusedError with a reason, or whatever the reader raises on hostile bytes."""
    import pikepdf

    _limit_reader()
    if _swells(data):
        raise RefusedError(HEAVY_PDF)
    try:
        # No recovery: a guessed document may have lost pages without anyone noticing.
        pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False)
    except pikepdf.PasswordError:
        raise RefusedError(LOCKED_PDF) from None
    with pdf:
        if pdf.is_encrypted:
            raise RefusedError(LOCKED_PDF)
        for key in set(pdf.Root.keys()) - _CATALOG:
            del pdf.Root[key]
        signed = _strip(pdf)
        pages = len(pdf.pages)
        if pages > MAX_PDF_PAGES:
            raise RefusedError(LONG_PDF)
        if not pages:
            raise RefusedError(BROKEN_PDF)
        if any(len(page.obj.get("/Annots", ())) > _MAX_ANNOTATIONS for page in pdf.pages):
            raise RefusedError(HEAVY_PDF)
        _sanitize(pdf)
        if "/Info" in pdf.trailer:
            del pdf.trailer["/Info"]
        # Said of form fields that hang in no form: the page shows them all the same, and the log tells of no file.
        warnings.simplefilter("ignore", pikepdf.exceptions.PageCopyWarning)
        out = io.BytesIO()
        pdf.save(
            out,
            deterministic_id=True,
            fix_metadata_version=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
    if out.tell() > 2 * MAX_FILE_BYTES:
        raise RefusedError(HEAVY_PDF)
    return CleanPdf(out.getvalue(), pages, signed)


def _swells(data: bytes) -> bool:
    """Whether structure may be packed with LZW, the one packing the reader has no limit for; honest files never do."""
    words = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), data)
    return bool(_LZW.search(words)) and (b"/ObjStm" in words or b"/XRef" in words)


def _sanitize(pdf: Pdf) -> None:
    from pikepdf.sanitize import Sanitizer

    cleaner = Sanitizer().remove_javascript().remove_external_access().remove_attachments().remove_multimedia()
    cleaner.remove_thumbnails().remove_search_index().remove_web_capture()
    cleaner.remove_private_app_data().remove_collection().apply(pdf)


_limiting = threading.Lock()
_limited = threading.Event()


def _limit_reader() -> None:
    """Cap what the PDF reader unpacks while it opens a file; process-wide, so once, before the first PDF.

    Only structure is ever unpacked here, and in honest files that is small.
    """
    from pikepdf import settings

    if _limited.is_set():
        return
    with _limiting:
        if _limited.is_set():
            return
        settings.set_qpdf_limits(
            doc_max_warnings=1000,
            flate_max_memory=_UNPACKED,
            run_length_max_memory=_UNPACKED,
            png_max_memory=_UNPACKED,
            tiff_max_memory=_UNPACKED,
            parser_max_container_size=200_000,
            max_stream_filters=5,
        )
        _limited.set()


def _strip(pdf: Pdf) -> bool:
    """Take what must never stay out of every object, wherever it hangs; True when a digital signature was seen.

    pikepdf's Sanitizer walks the places actions are meant to be; this walks all objects, so that a script parked
    in an odd place is not carried along. Raises RefusedError when there is more to look at than an honest file has.
    """
    import pikepdf

    containers = (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream)
    left = _MAX_WEIGHT
    signed = False
    for top in pdf.objects:
        stack: list[Any] = [top]
        while stack:
            node = stack.pop()
            left -= _weight(node)
            if left < 0:
                raise RefusedError(HEAVY_PDF)
            if isinstance(node, pikepdf.Array):
                children = list(node)
            elif isinstance(node, containers):
                signed = signed or node.get("/Type") == "/Sig" or node.get("/FT") == "/Sig"
                _strip_dictionary(node)
                children = [value for _, value in node.items()]
            else:
                continue
            stack += [child for child in children if not getattr(child, "is_indirect", False)]
    return signed


def _weight(node: Any) -> int:
    import pikepdf

    if isinstance(node, pikepdf.Array):
        return 1 + len(node)
    if isinstance(node, (pikepdf.Dictionary, pikepdf.Stream)):
        return 1 + sum(1 + len(key) // 64 for key in node.keys())  # noqa: SIM118 - a stream has keys only by name
    if isinstance(node, pikepdf.String):
        return 1 + len(bytes(node)) // 64
    return 1 + (len(str(node)) // 64 if isinstance(node, pikepdf.Name) else 0)


def _strip_dictionary(node: Any) -> None:
    import pikepdf

    keys = set(node.keys())
    if isinstance(node, pikepdf.Stream):
        drop = keys & (_NEVER | {"/F", "/FFilter", "/FDecodeParms"})  # a stream kept in a file elsewhere
        if node.get("/Filter") in ("/DCTDecode", ["/DCTDecode"]) and node.get("/Subtype") == "/Image":
            _strip_photo(node)
    elif _name(node.get("/S")) in _ACTIONS or _name(node.get("/Type")) in {"/Filespec", "/F"}:
        drop = keys  # an action or a file, in whatever place; what refers to it finds an empty dictionary
    else:
        drop = keys & _NEVER
        if "/Rect" in keys and "/Subtype" in keys:  # an annotation: to be seen, not to be pressed
            drop |= keys & {"/A", "/PA", "/FS"}
    for key in drop:
        del node[key]


def _name(value: Any) -> str:
    import pikepdf

    return str(value) if isinstance(value, pikepdf.Name) else ""


def _strip_photo(stream: Any) -> None:
    """Take EXIF, XMP, IPTC and comments out of a JPEG inside a PDF (a scanned page may know where it was taken)."""
    import pikepdf

    raw = stream.read_raw_bytes()
    kept = _jpeg_without_metadata(raw)
    if len(kept) != len(raw):
        stream.write(kept, filter=pikepdf.Name.DCTDecode, decode_parms=stream.get("/DecodeParms"))


def _jpeg_without_metadata(raw: bytes) -> bytes:
    """The same JPEG less its APP1, APP13 and comment segments; unchanged where the markers make no sense."""
    if raw[:2] != b"\xff\xd8":
        return raw
    parts, at = [raw[:2]], 2
    while at + 4 <= len(raw) and raw[at] == 0xFF and raw[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
        if raw[at + 1] not in {0xE1, 0xED, 0xFE}:
            parts.append(raw[at:end])
        at = end
    parts.append(raw[at:])
    return b"".join(parts)
