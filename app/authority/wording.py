"""The words for what the database holds as slugs. The same words stand in templates/ui/status.html."""

from flask_babel import lazy_gettext as _l

STATUS = {
    "open": _l("Cần giúp"),
    "claimed": _l("Có người đang tới"),
    "delivered": _l("Đã giao"),
    "closed": _l("Đã được giúp"),
    "cancelled": _l("Đã hủy"),
    "expired": _l("Đã hết hạn"),
    "rejected": _l("Không được duyệt"),
    "merged": _l("Đã gộp"),
}
URGENCY = {
    "life_threatening": _l("Nguy hiểm tính mạng"),
    "urgent": _l("Gấp"),
    "normal": _l("Bình thường"),
}
VULNERABILITY = {
    "children": _l("Trẻ nhỏ"),
    "elderly": _l("Người già"),
    "sick": _l("Người bệnh"),
    "pregnant": _l("Thai phụ"),
}
SOURCE = {
    "web": _l("Trang web"),
    "api": _l("API"),
    "import": _l("Nhập từ tệp"),
    "demo": _l("Dữ liệu mẫu"),
}
FORMAT = {"csv": "CSV", "xlsx": "Excel", "geojson": "GeoJSON"}
SORT = {
    "newest": _l("Mới nhất"),
    "oldest": _l("Chờ lâu nhất"),
    "urgent": _l("Khẩn cấp trước"),
    "changed": _l("Vừa thay đổi"),
}
SEARCH = {
    "nobody_found": _l("Không tìm được người"),
    "waiting": _l("Đang hỏi tình nguyện viên"),
}
VERIFIED = {"yes": _l("Đã xác minh"), "no": _l("Chưa xác minh")}
EVENT = {
    "posted": _l("Đã gửi trường hợp"),
    "claimed": _l("Nhận giúp"),
    "extended": _l("Xin thêm giờ"),
    "released": _l("Đã thôi nhận giúp"),
    "lease_expired": _l("Hết giờ nhận giúp"),
    "delivered": _l("Báo đã giao"),
    "handed_over": _l("Giao tận tay, đúng mã nhận"),
    "confirmed": _l("Xác nhận đã nhận"),
    "auto_closed": _l("Tự đóng vì không có trả lời"),
    "reopened": _l("Mở lại"),
    "cancelled": _l("Hủy"),
    "still_needed": _l("Báo vẫn cần giúp"),
    "expired": _l("Hết hạn"),
    "rejected": _l("Không được duyệt"),
    "merged": _l("Gộp vào trường hợp khác"),
    "verified": _l("Xác minh"),
}
ACTOR = {
    "requester": _l("Người gửi"),
    "anonymous": _l("Người gửi"),
    "volunteer": _l("Tình nguyện viên"),
    "official": _l("Cán bộ"),
    "system": _l("Hệ thống"),
}
REASON = {
    "official": _l("Đã xem"),
    "export": _l("Xuất ra tệp"),
    "claim": _l("Nhận giúp"),
}
CLAIM = {
    "live": _l("Đang tới"),
    "delivered": _l("Đã giao"),
    "confirmed": _l("Người gửi đã xác nhận"),
    "released": _l("Đã thôi nhận giúp"),
    "expired": _l("Hết giờ nhận giúp"),
    "failed": _l("Người gửi báo không tới"),
}
WAITED = {
    0: _l("Mọi trường hợp đang cần giúp"),
    6: _l("Đã chờ từ 6 giờ trở lên"),
    24: _l("Đã chờ từ một ngày trở lên"),
    48: _l("Đã chờ từ hai ngày trở lên"),
}
PLAN = {
    "draft": _l("Bản nháp"),
    "applying": _l("Đang giao"),
    "applied": _l("Đã áp dụng"),
    "discarded": _l("Đã bỏ"),
}
EXPORT = {
    "waiting": _l("Đang chờ"),
    "running": _l("Đang làm"),
    "ready": _l("Đã xong"),
    "failed": _l("Không làm được"),
}
WHY_NONE = {
    "nobody_in_reach": _l("Chưa có ai hợp việc trong tầm đi"),
    "all_full": _l("Những người hợp việc gần đó đều đã đủ việc"),
    "too_much": _l("Nhiều hơn sức chở của những người hợp việc gần đó"),
}
