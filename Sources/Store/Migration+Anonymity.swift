extension Migration {
    /// Version 8, frozen: what is to be left in rooms of people whose accounts are deleted.
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
        "UPDATE people SET username = '', nickname = '', avatar = NULL WHERE account IS NULL",
    ]
}
