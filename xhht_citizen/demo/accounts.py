"""Who can sign in to the demonstration: one account a role, printed at every start."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoAccount:
    """A log-in that is public on purpose: the demonstration answers on this machine only."""

    role: str
    login: str
    password: str
    label: str


ACCOUNTS = (
    DemoAccount("citizen", "nguoidan", "sen-Huong-Tra-19", "Người dân"),
    DemoAccount("community_head", "chihoi", "tre-Huong-Tra-27", "Chi hội trưởng ở tổ dân phố"),
    DemoAccount("ward_reviewer", "xetduyet", "mai-Huong-Tra-35", "Người xét hồ sơ của phường"),
    DemoAccount("ward_signer", "kyquyetdinh", "tung-Huong-Tra-43", "Người ký quyết định của phường"),
    DemoAccount("province_officer", "hoithanhpho", "song-Huong-Hue-51", "Hội Khuyến học thành phố Huế"),
    DemoAccount("admin", "quantri", "thong-Huong-Hue-69", "Quản trị"),
)
NOBODY = "!"  # a password hash no password fits: for the ward's other people
