import Foundation
import GRDB
import TestKit

@testable import Store

/// A database as a server of an older version left it, with something in each of its tables.
enum OlderDatabase {
    static func make(version: Int, in directory: TemporaryDirectory) throws {
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let queue = try DatabaseQueue(path: directory.databasePath)
        try queue.write { database in
            _ = try Migration.apply(Migration.all.filter { $0.version <= version }, in: Session(database))
            for rows in rows(version) where rows.versions.contains(version) {
                try database.execute(sql: rows.sql)
            }
        }
        try queue.close()
    }

    /// Rows in the form that tables have in some versions.
    private struct Rows {
        let versions: ClosedRange<Int>
        let sql: String
    }

    private static func rows(_ version: Int) -> [Rows] {
        func rows(_ versions: ClosedRange<Int>, _ sql: String) -> Rows { Rows(versions: versions, sql: sql) }
        func since(_ first: Int, _ sql: String) -> Rows { rows(first...max(first, version), sql) }
        return [
            since(
                1,
                """
                INSERT INTO accounts (
                    id, username, username_key, nickname, password_hash, last_run_id, created_at, updated_at, run_data)
                VALUES (10, 'Ana', 'ana', 'Änne 🏃', '$scrypt-md5$ana', 3, 1, 2, '{}'), (20, 'Ben', 'ben', 'Ben', '$scrypt-md5$ben', 0, 3, 4, NULL);
                INSERT INTO tokens (hash, account, kind, created_at, expires_at) VALUES (x'01', 10, 'access', 1, 9);
                INSERT INTO records (
                    id, account, run_id, run_key, source, meters, seconds, start_at, end_at, created_at, splits, extra, track)
                VALUES (30, 10, 1, NULL, 'posted', 5000.5, 1500, 1, 2, 3, NULL, '{}', x'010203'),
                    (31, 10, 2, 77, 'live', 1000, 300, 4, 5, 6, '[300]', NULL, x'09');
                INSERT INTO deleted_runs VALUES (78, 10, 3);
                INSERT INTO rooms (id, run_id, password_salt, password_hash, epoch, created_at, updated_at)
                VALUES (40, '159', x'01', x'02', 'epoch', 1, 2), (41, '160', x'', x'', 'epoch', 1, 2);
                INSERT INTO events (room, number, time, body, record_key, record_run_id)
                VALUES (40, 1, 5, '{"n":1}', NULL, NULL), (40, 2, 6, '{"n":2}', 77, 2);
                INSERT INTO journal (id, room, sequence, time, bytes) VALUES (42, 40, 1, 5, x'0102'), (43, 40, 2, 6, x'03');
                """),
            rows(
                1...7,
                """
                INSERT INTO people (room, runner, account, username, nickname, joined_at, state)
                VALUES (40, 1, 10, 'Ana', 'Änne', 7, CAST('{"number":1}' AS BLOB)), (40, 2, NULL, 'Cy', 'Cy', 8, x'05');
                """),
            since(
                8,
                """
                INSERT INTO people (room, runner, account, joined_at, state)
                VALUES (40, 1, 10, 7, CAST('{"number":1}' AS BLOB)), (40, 2, NULL, 8, x'05');
                """),
            since(
                2,
                """
                INSERT INTO media (id, hash, type, bytes, width, height, created_at)
                VALUES (50, x'50', 'image/png', 9, 3, 4, 1), (51, x'51', 'image/png', 9, 3, 4, 1);
                UPDATE accounts SET picture = 50, preferences = '{"a":1}' WHERE id = 10;
                """),
            since(
                3,
                """
                INSERT INTO posts (id, number, author, like_count, comment_count, created_at, updated_at, title, content)
                VALUES (60, 1, 10, 1, 2, 1, 2, 'Morning', 'Five kilometres');
                INSERT INTO post_images VALUES (60, 0, 50);
                INSERT INTO post_likes VALUES (60, 20, 1);
                UPDATE counters SET value = 1 WHERE name = 'posts';
                UPDATE counters SET value = 2 WHERE name = 'comments';
                """),
            rows(
                3...5,
                """
                INSERT INTO comments (id, number, post, parent, depth, author, like_count, created_at, updated_at, content)
                VALUES (61, 1, 60, NULL, 0, 20, 1, 1, 1, 'Well done'), (62, 2, 60, 61, 1, 10, 0, 1, 1, 'Thanks');
                """),
            since(
                6,
                """
                INSERT INTO comments (
                    id, number, post, parent, depth, author, like_count, created_at, updated_at, content, public_id)
                VALUES (61, 1, 60, NULL, 0, 20, 1, 1, 1, 'Well done', 1000000000000003),
                    (62, 2, 60, 61, 1, 10, 0, 1, 1, 'Thanks', 1000000000000004);
                """),
            since(3, "INSERT INTO comment_likes VALUES (61, 10, 1);"),
            since(16, "UPDATE accounts SET takes_digest = 1 WHERE id = 10;"),
            since(4, "UPDATE accounts SET role = 'admin', email = 'Ben@x.org' WHERE id = 20;"),
            since(
                5,
                """
                UPDATE tokens SET session = 5;
                INSERT INTO ended_tokens VALUES (x'02', 'revoked', 9);
                """),
            since(
                6,
                """
                INSERT INTO profiles (account, public_id, signature)
                VALUES (10, 1000000000000001, 'run'), (20, 1000000000000002, NULL);
                INSERT INTO posts (id, number, author, like_count, collect_count, created_at, updated_at, title, content)
                VALUES (63, 2, 10, 2, 1, 1, 2, 'Clip', 'Clip');
                INSERT INTO videos (post, public_id, author, created_at, media, cover_url)
                VALUES (63, 1000000000000005, 10, 1, 51, 'http://c');
                INSERT INTO post_likes VALUES (63, 10, 1), (63, 20, 1);
                INSERT INTO post_collections VALUES (63, 20, 1);
                INSERT INTO post_hits VALUES (63, 'account 20', 1);
                INSERT INTO follows VALUES (20, 10, 1);
                INSERT INTO messages VALUES (1000000000000006, 10, 20, 0, 1, 'hello');
                UPDATE counters SET value = 2 WHERE name = 'posts';
                UPDATE counters SET value = 1000000000000006 WHERE name = 'public';
                """),
            since(
                7,
                """
                UPDATE accounts SET number = id / 10, sign = 'run', gender = 1, birthday = 5, cover = 51 WHERE id = 10;
                UPDATE accounts SET number = id / 10, email_key = 'ben@x.org' WHERE id = 20;
                UPDATE counters SET value = 2 WHERE name = 'accounts';
                UPDATE tokens SET world = 'leaf';
                INSERT INTO mail_codes VALUES ('ben@x.org', 'code', 0, 9);
                INSERT INTO mail_sends VALUES ('ben@x.org', 1);
                INSERT INTO uploads VALUES (50, 10, 1);
                """),
            since(
                8,
                """
                UPDATE people SET latitude_e7 = 480000000, longitude_e7 = -115 WHERE runner = 1;
                UPDATE events SET account = 10, anonymous_body = '{"n":0}' WHERE number = 1;
                """),
            since(9, "INSERT INTO track_blocks (id, room, runner, number, bytes) VALUES (70, 40, 1, 0, x'0708');"),
            since(10, "UPDATE people SET way = x'0a' WHERE runner = 1;"),
            since(18, "UPDATE people SET mark = x'0b' WHERE runner = 1; UPDATE track_blocks SET run_key = 77;"),
            since(11, "UPDATE rooms SET term = 4 WHERE id = 40;"),
            since(
                17,
                """
                UPDATE rooms SET owner = 10, name = 'Ours', starts_at = 9, visibility = 'link', revision = 3 WHERE id = 41;
                INSERT INTO links (id, room, hash, role, label, created_at, expires_at)
                    VALUES (80, 41, x'80', 'runner', 'Family', 1, 9);
                INSERT INTO run_notes VALUES (30, 'River', 'Fast', 'link', x'81', 2);
                """),
            since(20, "INSERT INTO devices VALUES (90, 10, x'90', 'any', 'Phone', 41, 0, 1, 2, NULL, 3);"),
            since(
                22,
                """
                UPDATE comments SET hidden_at = 5 WHERE id = 62;
                INSERT INTO reports VALUES (91, 'comment', 62, 20, 'abuse', 'n', 4, 5, 'hide', 20);
                INSERT INTO audit VALUES (92, 5, 20, 0, 'hide', 10, '62', NULL, NULL, 0);
                """),
            since(
                23,
                """
                UPDATE accounts SET zones = '[{"id":91,"latitudeE7":480000000,"longitudeE7":-115,"radius":400,\
                "centerLatitudeE7":480000001,"centerLongitudeE7":-114,"seed":18446744073709551615}]' WHERE id = 10;
                """),
            since(
                24,
                """
                INSERT INTO confidants VALUES (10, 20);
                INSERT INTO alarms (id, account, room, raised_at, latitude, longitude, placed_at)
                VALUES (95, 10, 41, 1, 480000000, 115000000, 2);
                """),
            since(
                28,
                """
                INSERT INTO rooms (id, run_id, password_salt, password_hash, epoch, created_at, updated_at, is_leaving)
                VALUES (49, '/49', x'', x'', 'epoch', 1, 2, 1);
                INSERT INTO events (room, number, time, body) VALUES (49, 1, 5, '{"n":1}');
                """),
            since(27, "UPDATE accounts SET is_unlisted = 1, alias = 'runner-a' WHERE id = 10;"),
            since(26, "UPDATE accounts SET calls_when_still = 1 WHERE id = 10; UPDATE alarms SET is_still = 1;"),
            since(25, "UPDATE links SET delay = 300 WHERE id = 80;"),
            since(12, "UPDATE media SET is_settled = 1 WHERE id = 51;"),
            since(
                15,
                "UPDATE accounts SET kept_bytes = 94 WHERE id = 10; UPDATE accounts SET kept_bytes = 14 WHERE id = 20;"),
            since(
                13,
                """
                UPDATE profiles SET follower_count = 1, video_count = 1, likes_received = 2, likes_given = 1
                WHERE account = 10;
                UPDATE profiles SET follow_count = 1, likes_given = 1 WHERE account = 20;
                UPDATE counters SET value = 3 WHERE name = 'journal_bytes';
                """),
            since(17, "UPDATE accounts SET kept_bytes = kept_bytes + 9 WHERE id = 10;"),
            since(
                21,
                """
                INSERT INTO records (
                    id, account, run_id, run_key, source, meters, seconds, start_at, end_at, created_at, splits, extra, track)
                VALUES (32, 20, 1, NULL, 'live', 900, 300, 4000, 5000, 6, '[]', '{"pauses":[[4100,4200]]}', x'0708');
                INSERT INTO run_files VALUES (32, 'fit', 'hiking', 910.5, NULL, 2, 1, 2, 3, 4);
                UPDATE accounts SET last_run_id = 1, kept_bytes = kept_bytes + 2 WHERE id = 20;
                """),
        ]
    }
}
