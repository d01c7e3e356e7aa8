"""What can be wrong with a line of a list, in the words of whoever has to mend it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xhht_citizen.errors import N_

Fault = tuple[str, dict[str, Any]]  # a code of FAULTS, and the values of its sentence
# What keeps a line out. No sentence holds what stands in the line: only codes and numbers are stored.
BAD: Mapping[str, str] = {
    "cell_error": N_("Có ô báo lỗi của Excel (#N/A, #REF!…)."),
    "name_missing": N_("Chưa có họ và tên."),
    "name_digits": N_("Họ và tên có chữ số."),
    "name_symbols": N_("Họ và tên có ký hiệu lạ."),
    "name_short": N_("Họ và tên quá ngắn."),
    "name_long": N_("Họ và tên dài quá 120 chữ."),
    "birth_missing": N_("Chưa có ngày sinh hoặc năm sinh."),
    "birth_unreadable": N_("Ngày sinh không đọc được. Ghi như 05/03/1992, hoặc chỉ năm sinh như 1992."),
    "birth_short_year": N_("Năm sinh cần đủ 4 chữ số."),
    "birth_no_day": N_("Ngày sinh này không có trong lịch."),
    "birth_future": N_("Ngày sinh ở sau hôm nay."),
    "birth_too_old": N_("Năm sinh trước 1900."),
    "id_unusable": N_("Số căn cước không dùng được: cần 12 chữ số (chứng minh nhân dân cũ 9 chữ số)."),
    "community_missing": N_("Chưa ghi thôn, tổ dân phố."),
    "community_unknown": N_("Không có thôn, tổ này trong phường, xã."),
    "community_several": N_("Tên thôn, tổ này chỉ được nhiều nơi. Xin ghi đầy đủ."),
    "household_missing": N_("Không biết người này ở hộ nào: thiếu số hộ, chủ hộ hoặc quan hệ."),
    "twice": N_("Trùng với dòng %(row)s: cùng họ tên, ngày sinh và hộ."),
    "id_twice": N_("Số căn cước trùng với dòng %(row)s."),
    "two_heads": N_("Hộ này đã có chủ hộ ở dòng %(row)s."),
    "child_head": N_("Chủ hộ phải là người lớn."),
    "no_adult": N_("Hộ này không có người lớn nào làm chủ hộ."),
    "head_bad": N_("Chủ hộ ở dòng %(row)s chưa nhập được, nên chưa lập được hộ này."),
    "household_several": N_("Có nhiều hộ cùng tên chủ hộ ở thôn, tổ này. Xin ghi thêm số căn cước của người trong hộ."),
    "id_elsewhere": N_("Số căn cước này chưa nhập được. Xin xem lại số; nếu đúng, xin báo người quản trị."),
    "id_differs": N_("Phường, xã đang ghi một số căn cước khác cho người này. Xin xem lại."),
    "several": N_("Phường, xã có nhiều người trùng họ tên, ngày sinh. Xin ghi thêm số căn cước."),
    "died": N_("Người này đã ghi là qua đời."),
    "matched_twice": N_("Cùng là một người với dòng %(row)s theo danh sách của phường, xã."),
    "move_by_hand": N_(
        "Danh sách ghi hộ khác, nhưng người này hoặc hộ cũ có hồ sơ, dòng họ hoặc giấy ủy quyền. Xin chuyển ở trang "
        "của người này."
    ),
}
# What is worth a look and keeps nobody out.
WARN: Mapping[str, str] = {
    "name_one_word": N_("Họ và tên chỉ có một chữ."),
    "very_old": N_("Trên 110 tuổi."),
    "id_old": N_("Số chứng minh nhân dân cũ 9 chữ số."),
    "id_zero": N_("Số căn cước mất số 0 ở đầu; máy đã thêm lại."),
    "id_province": N_("Ba chữ số đầu của số căn cước không phải mã tỉnh, thành phố."),
    "id_year": N_("Năm sinh trong số căn cước khác với năm sinh đã ghi."),
    "id_sex": N_("Giới tính trong số căn cước khác với giới tính đã ghi."),
    "phone_old": N_("Số điện thoại cũ; máy đã đổi sang số mới."),
    "phone_unusable": N_("Số điện thoại không dùng được nên để trống."),
    "sex_unreadable": N_("Giới tính không đọc được nên để trống."),
    "group_unreadable": N_("Nhóm học tập không đọc được nên không ghi."),
    "relation_unreadable": N_("Quan hệ với chủ hộ không đọc được; ghi là người nhà."),
    "head_chosen": N_("Danh sách không ghi rõ chủ hộ; máy chọn người lớn đầu tiên của hộ."),
    "twice_elsewhere": N_("Cùng họ tên, ngày sinh với dòng %(row)s ở hộ khác. Nếu là một người, xin bỏ một dòng."),
    "namesake": N_("Phường, xã có người trùng họ tên, ngày sinh ở hộ khác. Nếu là một người, xin ghi số căn cước."),
    "namesake_year": N_("Thôn, tổ có người trùng họ tên, năm sinh ở hộ khác. Nếu là một người, xin ghi ngày sinh."),
    "has_account": N_("Có tài khoản: không sửa tên, ngày sinh; chỉ ghi thêm chỗ còn trống."),
    "account_stays": N_("Có tài khoản: không chuyển sang hộ khác."),
    "group_kept": N_("Hồ sơ năm nay đã gửi theo nhóm đang ghi, nên nhóm giữ nguyên."),
    "relation_differs": N_("Quan hệ với chủ hộ khác với đang ghi; xin sửa ở trang của hộ."),
}
FAULTS = {**BAD, **WARN}


def say(fault: Sequence[Any]) -> str:
    """A fault in Vietnamese, for a file; screens translate `FAULTS` themselves."""
    code, values = fault
    return str(FAULTS.get(code, code) % values)
