// The bytes of the pages, inside the executable. `#embed` tells the build what it read, so that a changed file is seen;
// SwiftPM's own way makes literals of them, which takes the compiler minutes.
//
// A new file gets its lines in both halves; a test holds the list against the folder.
#include "CWeb.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#define LEAFLET "/usr/share/javascript/leaflet/"
#define QR_CODE "/usr/share/javascript/qrcode-generator/"

static const unsigned char home_html[] = {
#embed "pages/home.html"
};
static const unsigned char demo_html[] = {
#embed "pages/demo.html"
};
static const unsigned char account_html[] = {
#embed "pages/account.html"
};
static const unsigned char bar_html[] = {
#embed "pages/bar.html"
};
static const unsigned char frame_html[] = {
#embed "pages/frame.html"
};
static const unsigned char columns_html[] = {
#embed "pages/columns.html"
};
static const unsigned char password_html[] = {
#embed "pages/password.html"
};
static const unsigned char watching_html[] = {
#embed "pages/watching.html"
};
static const unsigned char head_html[] = {
#embed "pages/head.html"
};
static const unsigned char top_html[] = {
#embed "pages/top.html"
};
static const unsigned char room_html[] = {
#embed "pages/room.html"
};
static const unsigned char board_html[] = {
#embed "pages/board.html"
};
static const unsigned char embed_html[] = {
#embed "pages/embed.html"
};
static const unsigned char new_html[] = {
#embed "pages/new.html"
};
static const unsigned char runs_html[] = {
#embed "pages/runs.html"
};
static const unsigned char run_html[] = {
#embed "pages/run.html"
};
static const unsigned char share_html[] = {
#embed "pages/share.html"
};
static const unsigned char forum_html[] = {
#embed "pages/forum.html"
};
static const unsigned char post_html[] = {
#embed "pages/post.html"
};
static const unsigned char write_html[] = {
#embed "pages/write.html"
};
static const unsigned char me_html[] = {
#embed "pages/me.html"
};
static const unsigned char admin_html[] = {
#embed "pages/admin.html"
};
static const unsigned char setup_html[] = {
#embed "pages/setup.html"
};
static const unsigned char report_html[] = {
#embed "pages/report.html"
};
static const unsigned char devices_html[] = {
#embed "pages/devices.html"
};
static const unsigned char device_html[] = {
#embed "pages/device.html"
};
static const unsigned char confidants_html[] = {
#embed "pages/confidants.html"
};
static const unsigned char handbook_html[] = {
#embed "pages/handbook.html"
};
static const unsigned char missing_html[] = {
#embed "pages/missing.html"
};
static const unsigned char offline_html[] = {
#embed "pages/offline.html"
};
static const unsigned char manifest_webmanifest[] = {
#embed "pages/manifest.webmanifest"
};
static const unsigned char en_json[] = {
#embed "words/en.json"
};
static const unsigned char zh_json[] = {
#embed "words/zh.json"
};
static const unsigned char index_md[] = {
#embed "handbook/index.md"
};
static const unsigned char first_run_md[] = {
#embed "handbook/first-run.md"
};
static const unsigned char running_md[] = {
#embed "handbook/running.md"
};
static const unsigned char apps_md[] = {
#embed "handbook/apps.md"
};
static const unsigned char rooms_md[] = {
#embed "handbook/rooms.md"
};
static const unsigned char administration_md[] = {
#embed "handbook/administration.md"
};
static const unsigned char https_md[] = {
#embed "handbook/https.md"
};
static const unsigned char backup_md[] = {
#embed "handbook/backup.md"
};
static const unsigned char performance_md[] = {
#embed "handbook/performance.md"
};
static const unsigned char threat_model_md[] = {
#embed "handbook/threat-model.md"
};
static const unsigned char live_protocol_md[] = {
#embed "handbook/live-protocol.md"
};
static const unsigned char apis_md[] = {
#embed "handbook/apis.md"
};
static const unsigned char how_it_is_built_md[] = {
#embed "handbook/how-it-is-built.md"
};
static const unsigned char icon_svg[] = {
#embed "icons/icon.svg"
};
static const unsigned char icon_192_png[] = {
#embed "icons/icon-192.png"
};
static const unsigned char icon_512_png[] = {
#embed "icons/icon-512.png"
};
static const unsigned char site_css[] = {
#embed "styles/site.css"
};
static const unsigned char home_css[] = {
#embed "styles/home.css"
};
static const unsigned char room_css[] = {
#embed "styles/room.css"
};
static const unsigned char board_css[] = {
#embed "styles/board.css"
};
static const unsigned char embed_css[] = {
#embed "styles/embed.css"
};
static const unsigned char runs_css[] = {
#embed "styles/runs.css"
};
static const unsigned char share_css[] = {
#embed "styles/share.css"
};
static const unsigned char reading_css[] = {
#embed "styles/reading.css"
};
static const unsigned char forum_css[] = {
#embed "styles/forum.css"
};
static const unsigned char me_css[] = {
#embed "styles/me.css"
};
static const unsigned char admin_css[] = {
#embed "styles/admin.css"
};
static const unsigned char handbook_css[] = {
#embed "styles/handbook.css"
};
static const unsigned char runroom_js[] = {
#embed "scripts/runroom.js"
};
static const unsigned char home_js[] = {
#embed "scripts/home.js"
};
static const unsigned char account_js[] = {
#embed "scripts/account.js"
};
static const unsigned char alarms_js[] = {
#embed "scripts/alarms.js"
};
static const unsigned char call_for_help_js[] = {
#embed "scripts/call-for-help.js"
};
static const unsigned char my_run_js[] = {
#embed "scripts/my-run.js"
};
static const unsigned char positions_js[] = {
#embed "scripts/positions.js"
};
static const unsigned char screen_light_js[] = {
#embed "scripts/screen-light.js"
};
static const unsigned char room_js[] = {
#embed "scripts/room.js"
};
static const unsigned char live_room_js[] = {
#embed "scripts/live-room.js"
};
static const unsigned char room_password_js[] = {
#embed "scripts/room-password.js"
};
static const unsigned char board_js[] = {
#embed "scripts/board.js"
};
static const unsigned char embed_js[] = {
#embed "scripts/embed.js"
};
static const unsigned char map_view_js[] = {
#embed "scripts/map-view.js"
};
static const unsigned char way_canvas_js[] = {
#embed "scripts/way-canvas.js"
};
static const unsigned char way_js[] = {
#embed "scripts/way.js"
};
static const unsigned char runner_js[] = {
#embed "scripts/runner.js"
};
static const unsigned char standings_js[] = {
#embed "scripts/standings.js"
};
static const unsigned char ground_js[] = {
#embed "scripts/ground.js"
};
static const unsigned char feed_js[] = {
#embed "scripts/feed.js"
};
static const unsigned char format_js[] = {
#embed "scripts/format.js"
};
static const unsigned char page_js[] = {
#embed "scripts/page.js"
};
static const unsigned char version_js[] = {
#embed "scripts/version.js"
};
static const unsigned char shell_js[] = {
#embed "scripts/shell.js"
};
static const unsigned char service_worker_js[] = {
#embed "scripts/service-worker.js"
};
static const unsigned char offline_js[] = {
#embed "scripts/offline.js"
};
static const unsigned char new_js[] = {
#embed "scripts/new.js"
};
static const unsigned char import_js[] = {
#embed "scripts/import.js"
};
static const unsigned char runs_js[] = {
#embed "scripts/runs.js"
};
static const unsigned char run_js[] = {
#embed "scripts/run.js"
};
static const unsigned char run_map_js[] = {
#embed "scripts/run-map.js"
};
static const unsigned char run_way_js[] = {
#embed "scripts/run-way.js"
};
static const unsigned char charts_js[] = {
#embed "scripts/charts.js"
};
static const unsigned char share_js[] = {
#embed "scripts/share.js"
};
static const unsigned char qr_code_js[] = {
#embed "scripts/qr-code.js"
};
static const unsigned char house_js[] = {
#embed "scripts/house.js"
};
static const unsigned char confirm_js[] = {
#embed "scripts/confirm.js"
};
static const unsigned char posts_js[] = {
#embed "scripts/posts.js"
};
static const unsigned char comments_js[] = {
#embed "scripts/comments.js"
};
static const unsigned char write_js[] = {
#embed "scripts/write.js"
};
static const unsigned char forum_js[] = {
#embed "scripts/forum.js"
};
static const unsigned char post_js[] = {
#embed "scripts/post.js"
};
static const unsigned char me_js[] = {
#embed "scripts/me.js"
};
static const unsigned char logins_js[] = {
#embed "scripts/logins.js"
};
static const unsigned char report_js[] = {
#embed "scripts/report.js"
};
static const unsigned char setup_js[] = {
#embed "scripts/setup.js"
};
static const unsigned char admin_js[] = {
#embed "scripts/admin.js"
};
static const unsigned char admin_list_js[] = {
#embed "scripts/admin-list.js"
};
static const unsigned char admin_rooms_js[] = {
#embed "scripts/admin-rooms.js"
};
static const unsigned char admin_people_js[] = {
#embed "scripts/admin-people.js"
};
static const unsigned char admin_reports_js[] = {
#embed "scripts/admin-reports.js"
};
static const unsigned char admin_backups_js[] = {
#embed "scripts/admin-backups.js"
};
static const unsigned char admin_server_js[] = {
#embed "scripts/admin-server.js"
};
static const unsigned char admin_log_js[] = {
#embed "scripts/admin-log.js"
};
static const unsigned char devices_js[] = {
#embed "scripts/devices.js"
};
static const unsigned char confidants_js[] = {
#embed "scripts/confidants.js"
};
static const unsigned char handbook_js[] = {
#embed "scripts/handbook.js"
};
static const unsigned char zones_js[] = {
#embed "scripts/zones.js"
};
static const unsigned char leaflet_js[] = {
#embed "/usr/share/javascript/leaflet/leaflet.esm.min.js"
};
static const unsigned char map_css[] = {
#embed "styles/map.css"
};
static const unsigned char leaflet_css[] = {
#embed "/usr/share/javascript/leaflet/leaflet.css"
};
static const unsigned char qrcode_generator_js[] = {
#embed "/usr/share/javascript/qrcode-generator/qrcode.js"
};

#define FILE(name, path, bytes) { name, path, bytes, sizeof bytes }

static const web_file files[] = {
    FILE("home.html", "pages/home.html", home_html),
    FILE("demo.html", "pages/demo.html", demo_html),
    FILE("account.html", "pages/account.html", account_html),
    FILE("bar.html", "pages/bar.html", bar_html),
    FILE("frame.html", "pages/frame.html", frame_html),
    FILE("columns.html", "pages/columns.html", columns_html),
    FILE("password.html", "pages/password.html", password_html),
    FILE("watching.html", "pages/watching.html", watching_html),
    FILE("head.html", "pages/head.html", head_html),
    FILE("top.html", "pages/top.html", top_html),
    FILE("room.html", "pages/room.html", room_html),
    FILE("board.html", "pages/board.html", board_html),
    FILE("embed.html", "pages/embed.html", embed_html),
    FILE("new.html", "pages/new.html", new_html),
    FILE("runs.html", "pages/runs.html", runs_html),
    FILE("run.html", "pages/run.html", run_html),
    FILE("share.html", "pages/share.html", share_html),
    FILE("forum.html", "pages/forum.html", forum_html),
    FILE("post.html", "pages/post.html", post_html),
    FILE("write.html", "pages/write.html", write_html),
    FILE("me.html", "pages/me.html", me_html),
    FILE("admin.html", "pages/admin.html", admin_html),
    FILE("setup.html", "pages/setup.html", setup_html),
    FILE("report.html", "pages/report.html", report_html),
    FILE("devices.html", "pages/devices.html", devices_html),
    FILE("device.html", "pages/device.html", device_html),
    FILE("confidants.html", "pages/confidants.html", confidants_html),
    FILE("handbook.html", "pages/handbook.html", handbook_html),
    FILE("missing.html", "pages/missing.html", missing_html),
    FILE("offline.html", "pages/offline.html", offline_html),
    FILE("manifest.webmanifest", "pages/manifest.webmanifest", manifest_webmanifest),
    FILE("en.json", "words/en.json", en_json),
    FILE("zh.json", "words/zh.json", zh_json),
    FILE("index.md", "handbook/index.md", index_md),
    FILE("first-run.md", "handbook/first-run.md", first_run_md),
    FILE("running.md", "handbook/running.md", running_md),
    FILE("apps.md", "handbook/apps.md", apps_md),
    FILE("rooms.md", "handbook/rooms.md", rooms_md),
    FILE("administration.md", "handbook/administration.md", administration_md),
    FILE("https.md", "handbook/https.md", https_md),
    FILE("backup.md", "handbook/backup.md", backup_md),
    FILE("performance.md", "handbook/performance.md", performance_md),
    FILE("threat-model.md", "handbook/threat-model.md", threat_model_md),
    FILE("live-protocol.md", "handbook/live-protocol.md", live_protocol_md),
    FILE("apis.md", "handbook/apis.md", apis_md),
    FILE("how-it-is-built.md", "handbook/how-it-is-built.md", how_it_is_built_md),
    FILE("icon.svg", "icons/icon.svg", icon_svg),
    FILE("icon-192.png", "icons/icon-192.png", icon_192_png),
    FILE("icon-512.png", "icons/icon-512.png", icon_512_png),
    FILE("site.css", "styles/site.css", site_css),
    FILE("home.css", "styles/home.css", home_css),
    FILE("room.css", "styles/room.css", room_css),
    FILE("board.css", "styles/board.css", board_css),
    FILE("embed.css", "styles/embed.css", embed_css),
    FILE("runs.css", "styles/runs.css", runs_css),
    FILE("share.css", "styles/share.css", share_css),
    FILE("reading.css", "styles/reading.css", reading_css),
    FILE("forum.css", "styles/forum.css", forum_css),
    FILE("me.css", "styles/me.css", me_css),
    FILE("map.css", "styles/map.css", map_css),
    FILE("admin.css", "styles/admin.css", admin_css),
    FILE("handbook.css", "styles/handbook.css", handbook_css),
    FILE("runroom.js", "scripts/runroom.js", runroom_js),
    FILE("home.js", "scripts/home.js", home_js),
    FILE("account.js", "scripts/account.js", account_js),
    FILE("alarms.js", "scripts/alarms.js", alarms_js),
    FILE("call-for-help.js", "scripts/call-for-help.js", call_for_help_js),
    FILE("my-run.js", "scripts/my-run.js", my_run_js),
    FILE("positions.js", "scripts/positions.js", positions_js),
    FILE("screen-light.js", "scripts/screen-light.js", screen_light_js),
    FILE("room.js", "scripts/room.js", room_js),
    FILE("live-room.js", "scripts/live-room.js", live_room_js),
    FILE("room-password.js", "scripts/room-password.js", room_password_js),
    FILE("board.js", "scripts/board.js", board_js),
    FILE("embed.js", "scripts/embed.js", embed_js),
    FILE("map-view.js", "scripts/map-view.js", map_view_js),
    FILE("way-canvas.js", "scripts/way-canvas.js", way_canvas_js),
    FILE("way.js", "scripts/way.js", way_js),
    FILE("runner.js", "scripts/runner.js", runner_js),
    FILE("standings.js", "scripts/standings.js", standings_js),
    FILE("ground.js", "scripts/ground.js", ground_js),
    FILE("feed.js", "scripts/feed.js", feed_js),
    FILE("format.js", "scripts/format.js", format_js),
    FILE("page.js", "scripts/page.js", page_js),
    FILE("version.js", "scripts/version.js", version_js),
    FILE("shell.js", "scripts/shell.js", shell_js),
    FILE("service-worker.js", "scripts/service-worker.js", service_worker_js),
    FILE("offline.js", "scripts/offline.js", offline_js),
    FILE("new.js", "scripts/new.js", new_js),
    FILE("import.js", "scripts/import.js", import_js),
    FILE("runs.js", "scripts/runs.js", runs_js),
    FILE("run.js", "scripts/run.js", run_js),
    FILE("run-map.js", "scripts/run-map.js", run_map_js),
    FILE("run-way.js", "scripts/run-way.js", run_way_js),
    FILE("charts.js", "scripts/charts.js", charts_js),
    FILE("share.js", "scripts/share.js", share_js),
    FILE("qr-code.js", "scripts/qr-code.js", qr_code_js),
    FILE("house.js", "scripts/house.js", house_js),
    FILE("confirm.js", "scripts/confirm.js", confirm_js),
    FILE("posts.js", "scripts/posts.js", posts_js),
    FILE("comments.js", "scripts/comments.js", comments_js),
    FILE("write.js", "scripts/write.js", write_js),
    FILE("forum.js", "scripts/forum.js", forum_js),
    FILE("post.js", "scripts/post.js", post_js),
    FILE("me.js", "scripts/me.js", me_js),
    FILE("logins.js", "scripts/logins.js", logins_js),
    FILE("report.js", "scripts/report.js", report_js),
    FILE("setup.js", "scripts/setup.js", setup_js),
    FILE("admin.js", "scripts/admin.js", admin_js),
    FILE("admin-list.js", "scripts/admin-list.js", admin_list_js),
    FILE("admin-rooms.js", "scripts/admin-rooms.js", admin_rooms_js),
    FILE("admin-people.js", "scripts/admin-people.js", admin_people_js),
    FILE("admin-reports.js", "scripts/admin-reports.js", admin_reports_js),
    FILE("admin-backups.js", "scripts/admin-backups.js", admin_backups_js),
    FILE("admin-server.js", "scripts/admin-server.js", admin_server_js),
    FILE("admin-log.js", "scripts/admin-log.js", admin_log_js),
    FILE("devices.js", "scripts/devices.js", devices_js),
    FILE("confidants.js", "scripts/confidants.js", confidants_js),
    FILE("handbook.js", "scripts/handbook.js", handbook_js),
    FILE("zones.js", "scripts/zones.js", zones_js),
    FILE("leaflet.js", LEAFLET "leaflet.esm.min.js", leaflet_js),
    FILE("leaflet.css", LEAFLET "leaflet.css", leaflet_css),
    FILE("qrcode-generator.js", QR_CODE "qrcode.js", qrcode_generator_js),
    { 0 },
};

const web_file *const web_files = files;
