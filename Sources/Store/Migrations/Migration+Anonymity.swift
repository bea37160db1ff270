import Foundation

extension Migration {
    /// Version 8, frozen: in rooms, names are those of the accounts, and nothing is left of people whose accounts are
    /// deleted.
    static let anonymity = [
        // Apart from the state, which the database cannot read: where somebody was seen without a marker.
        "ALTER TABLE people ADD COLUMN latitude_e7 BIGINT",
        "ALTER TABLE people ADD COLUMN longitude_e7 BIGINT",
        // Whose name or words the body tells, and the body that takes its place when the account is deleted.
        "ALTER TABLE events ADD COLUMN account BIGINT",
        "ALTER TABLE events ADD COLUMN anonymous_body TEXT",
        "CREATE INDEX events_by_account ON events (account) WHERE account IS NOT NULL",
        """
        UPDATE events SET account = people.account, anonymous_body =
            '{"type":"event","event":' || events.number || ',"time":' || events.time || ',"kind":"joined","runner":'
            || people.runner || ',"person":{"runner":' || people.runner
            || ',"username":"","nickname":"","avatar":""}}'
        FROM people WHERE people.room = events.room
            AND events.body LIKE '%"kind":"joined","runner":' || people.runner || ',%'
        """,
        """
        UPDATE events SET account = people.account, anonymous_body =
            '{"type":"event","event":' || events.number || ',"time":' || events.time || ',"kind":"cheer","from":'
            || people.runner || ',"to":null,"text":"…"}'
        FROM people WHERE people.room = events.room
            AND events.body LIKE '%"kind":"cheer","from":' || people.runner || ',%'
        """,
        """
        UPDATE events SET anonymous_body = REPLACE(anonymous_body, '"to":null', '"to":' || people.runner)
        FROM people WHERE people.room = events.room
            AND events.body LIKE '%"kind":"cheer","from":%,"to":' || people.runner || ',"text":%'
        """,
        // Of those whose accounts are gone already.
        """
        UPDATE events SET body = anonymous_body, anonymous_body = NULL
        WHERE account IS NULL AND anonymous_body IS NOT NULL
        """,
        "ALTER TABLE people DROP COLUMN username",
        "ALTER TABLE people DROP COLUMN nickname",
        "ALTER TABLE people DROP COLUMN avatar",
    ]

    /// Version 8, frozen: takes the place out of each runner's state, and keeps it where there is an account.
    @Sendable static func movePlaces(in session: Session) throws(StoreError) {
        let rooms = try session.rows("SELECT id FROM rooms ORDER BY id") { try $0.get(0) as Int64 }
        for room in rooms {
            let people = try session.rows("SELECT runner, account, state FROM people WHERE room = $1", room) { row in
                (runner: try row.get(0) as Int, account: try row.get(1) as Int64?, state: try row.get(2) as [UInt8])
            }
            for person in people {
                // A state that cannot be read tells no place.
                guard var state = try? JSONSerialization.jsonObject(with: Data(person.state)) as? [String: Any] else {
                    continue
                }
                let latitude = state.removeValue(forKey: "latitudeE7") as? Int
                let longitude = state.removeValue(forKey: "longitudeE7") as? Int
                guard latitude != nil || longitude != nil else { continue }
                let rest: Data
                do {
                    rest = try JSONSerialization.data(withJSONObject: state)
                } catch {
                    throw .corrupt("the state of a runner cannot be written")
                }
                let isKept = person.account != nil
                try session.execute(
                    """
                    UPDATE people SET state = $3, latitude_e7 = $4, longitude_e7 = $5 WHERE room = $1 AND runner = $2
                    """,
                    room, person.runner, Array(rest), isKept ? latitude : nil, isKept ? longitude : nil)
            }
        }
    }
}
