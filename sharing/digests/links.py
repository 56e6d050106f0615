"""Links in mails that act without a login: short, signed, and for one thing only."""

import base64
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_SIGNATURE_BYTES = 12  # 96 bits: enough against guessing, and the header line stays below 70 characters


def unsubscribe_url(member_id: UUID) -> str:
    """Where this member ends the digests: GET shows a page, POST does it (RFC 8058)."""
    return f"{settings.PUBLIC_URL}/u/{_encode(member_id.bytes)}{_signature(member_id)}"


def member_of_link(token: str) -> UUID | None:
    """Whose link this is, or None if it was not ours."""
    try:
        member_id = UUID(bytes=base64.urlsafe_b64decode(token[:22] + "=="))
    except ValueError:
        return None
    return member_id if constant_time_compare(token[22:], _signature(member_id)) else None


def _signature(member_id: UUID) -> str:
    mac = salted_hmac("sharing.digests.unsubscribe", member_id.bytes, algorithm="sha256")
    return _encode(mac.digest()[:_SIGNATURE_BYTES])


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
