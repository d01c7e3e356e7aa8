"""Made-up names: people, communities, clans, units. Any likeness to somebody is chance."""

from __future__ import annotations

from random import Random

FAMILY_NAMES = (
    ("Nguyễn", 30),
    ("Trần", 14),
    ("Lê", 12),
    ("Phan", 8),
    ("Hoàng", 7),
    ("Hồ", 6),
    ("Võ", 5),
    ("Đặng", 4),
    ("Ngô", 3),
    ("Trương", 3),
    ("Dương", 2),
    ("Bùi", 2),
    ("Đỗ", 2),
    ("Châu", 1),
    ("Mai", 1),
)
MIDDLE_NAMES = {
    "male": ("Văn", "Văn", "Văn", "Đình", "Hữu", "Công", "Quang", "Minh", "Đức", "Xuân", "Thanh", "Viết", "Quốc"),
    "female": ("Thị", "Thị", "Thị", "Thị", "Thị Thu", "Thị Minh", "Thị Ngọc", "Thị Thanh", "Thị Kim", "Diệu", "Ngọc"),
}
_MALE = (
    "An Ân Bách Bảo Bình Bổn Cảnh Chiến Chung Cương Cường Danh Dũng Duy Đạt Điền Định Đông Đức Giang Hải Hào Hiển "
    "Hiếu Hòa Hoàng Hội Hùng Huy Hưng Khải Khánh Khoa Khôi Kiên Lâm Lân Lĩnh Lộc Long Luân Lực Lương Mẫn Mạnh Nam "
    "Nghĩa Nhân Nhật Ninh Phong Phú Phúc Phước Quân Quảng Quý Sang Sinh Sơn Tài Tâm Tân Thái Thắng Thành Thiện "
    "Thịnh Thọ Thông Thuận Tiến Tín Toàn Trí Trung Tú Tuấn Tùng Vinh Vũ Vượng"
)
_FEMALE = (
    "Ái An Ánh Bích Cúc Dung Duyên Đào Điệp Gấm Giang Hà Hải Hạnh Hằng Hiền Hoa Hòa Hoài Hồng Huệ Hương Hường Khuê "
    "Lài Lam Lan Lành Lệ Liên Liễu Loan Lụa Ly Lý Mai Mận Minh Mơ My Mỹ Na Nga Ngân Nguyệt Nhàn Nhi Nhung Oanh "
    "Phượng Phương Quế Quyên Sen Sương Tâm Thảo Thắm Thoa Thơ Thu Thúy Thư Thương Thủy Trà Trang Trinh Tuyết Vân "
    "Vui Vy Xuân Yến"
)
GIVEN_NAMES = {"male": tuple(_MALE.split()), "female": tuple(_FEMALE.split())}
NAMED_COMMUNITIES = ("Bến Đò", "Cồn Dâu", "Đồng Sen", "Gò Bưởi", "Lò Gốm", "Vườn Chè", "Cầu Đá", "Bàu Súng", "Rú Thông")
COMMUNITIES = 27
CLANS = (
    ("Nguyễn", "Văn"),
    ("Nguyễn", "Đình"),
    ("Nguyễn", "Hữu"),
    ("Trần", "Văn"),
    ("Trần", "Đình"),
    ("Lê", "Văn"),
    ("Lê", "Quang"),
    ("Phan", "Đình"),
    ("Hoàng", "Hữu"),
    ("Hồ", "Văn"),
    ("Võ", "Viết"),
    ("Đặng", "Văn"),
    ("Ngô", "Đức"),
    ("Trương", "Công"),
)
BRANCHES = ("Chi Nhất", "Chi Nhì", "Chi Ba")
# Kind, name, who manages it, the community where it stands (its place in `community_names`).
UNITS = (
    ("school", "Trường Mầm non Hoa Súng", "commune", 2),
    ("school", "Trường Tiểu học Đồng Sen", "commune", 20),
    ("school", "Trường Tiểu học Cầu Đá", "commune", 24),
    ("school", "Trường Trung học cơ sở Bến Đò", "commune", 18),
    ("school", "Trung tâm học tập cộng đồng phường Hương Trà", "commune", 0),
    ("office", "Trạm Y tế phường Hương Trà", "commune", 0),
    ("office", "Ủy ban nhân dân phường Hương Trà", "commune", 1),
    ("cooperative", "Hợp tác xã Nông nghiệp Bàu Súng", "commune", 25),
    ("cooperative", "Hợp tác xã Gốm Lò Gốm", "commune", 22),
    ("enterprise", "Cơ sở may Gò Bưởi", "commune", 21),
    ("enterprise", "Xưởng mộc Rú Thông", "commune", 26),
    ("enterprise", "Nhà vườn trà Vườn Chè", "commune", 23),
    ("cooperative", "Hợp tác xã Mây tre Cồn Dâu", "commune", 19),
    ("office", "Trung tâm Điều dưỡng Đồng Sen", "province", 20),
    ("office", "Trạm Quan trắc nước Bàu Súng", "province", 25),
)
NEIGHBOURS = ("Vườn Cau", "Cồn Dương")  # communities of the ward next door


def community_names() -> list[str]:
    """Twenty-seven communities: most are numbered, as in many wards after a merger."""
    numbered = [f"Tổ dân phố {number}" for number in range(1, COMMUNITIES - len(NAMED_COMMUNITIES) + 1)]
    return [*numbered, *(f"Tổ dân phố {name}" for name in NAMED_COMMUNITIES)]


def family_name(random: Random) -> str:
    """A family name, as often as it is met."""
    return random.choices([name for name, _ in FAMILY_NAMES], [weight for _, weight in FAMILY_NAMES])[0]


def full_name(random: Random, family: str, sex: str) -> str:
    """Family, middle, given."""
    return f"{family} {random.choice(MIDDLE_NAMES[sex])} {random.choice(GIVEN_NAMES[sex])}"
