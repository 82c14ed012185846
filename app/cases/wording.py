"""The words for what the database holds as slugs, as the person concerned reads them."""

from flask_babel import lazy_gettext as _l

URGENCY = {
    "normal": _l("Bình thường"),
    "urgent": _l("Gấp"),
    "life_threatening": _l("Nguy hiểm tính mạng"),
}
VULNERABILITY = {
    "children": (_l("Trẻ nhỏ"), "child"),
    "elderly": (_l("Người già"), "elderly"),
    "sick": (_l("Người bệnh"), "sick"),
    "pregnant": (_l("Thai phụ"), "pregnant"),
}
# What happened, and the group whose colour and shape it has.
EVENT = {
    "posted": (_l("Đã gửi trường hợp"), "torn"),
    "claimed": (_l("Có người nhận giúp"), "taken"),
    "extended": (_l("Người giúp xin thêm giờ"), "taken"),
    "released": (_l("Người giúp không tới được nữa"), "torn"),
    "lease_expired": (_l("Hết giờ mà chưa giao, mở lại cho người khác"), "torn"),
    "delivered": (_l("Người giúp báo đã giao"), "helped"),
    "handed_over": (_l("Đã giao tận tay, đúng mã nhận"), "helped"),
    "confirmed": (_l("Đã xác nhận nhận được"), "helped"),
    "auto_closed": (_l("Tự đóng vì không có trả lời"), "helped"),
    "reopened": (_l("Mở lại"), "torn"),
    "cancelled": (_l("Không cần nữa"), "ended"),
    "expired": (_l("Hết hạn, rời bản đồ"), "ended"),
    "rejected": (_l("Cán bộ không duyệt"), "ended"),
    "merged": (_l("Gộp vào trường hợp khác"), "ended"),
    "verified": (_l("Cán bộ đã xác minh"), "helped"),
    "still_needed": (_l("Vẫn cần giúp"), "torn"),
}
ACTOR = {
    "requester": _l("Người gửi"),
    "anonymous": _l("Người gửi"),
    "volunteer": _l("Người giúp"),
    "official": _l("Cán bộ địa bàn"),
    "system": _l("Hệ thống"),
}
ACCESS = {
    "claim": _l("nhận giúp"),
    "official": _l("cán bộ địa bàn"),
    "export": _l("cán bộ xuất danh sách"),
}
CLAIM = {
    "live": _l("Đang tới"),
    "delivered": _l("Đã giao, chờ xác nhận"),
    "confirmed": _l("Đã giao, đã được xác nhận"),
    "released": _l("Bạn đã thôi nhận"),
    "expired": _l("Đã hết giờ"),
    "failed": _l("Người cần giúp báo chưa nhận được"),
}
