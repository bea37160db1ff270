extension Migration {
    /// Version 7, frozen: what people tell of themselves, addresses that are theirs alone, and the codes that prove it.
    static let people = [
        // For clients that want small numbers; given once, like those of posts.
        "ALTER TABLE accounts ADD COLUMN number BIGINT",
        """
        UPDATE accounts SET number = numbered.number
        FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS number FROM accounts) AS numbered
        WHERE numbered.id = accounts.id
        """,
        "CREATE UNIQUE INDEX accounts_by_number ON accounts (number)",
        "INSERT INTO counters (name, value) SELECT 'accounts', COALESCE(MAX(number), 0) FROM accounts",
        // The address as it is compared. Version 4 let two accounts have the same: the older one keeps it as a way in.
        "ALTER TABLE accounts ADD COLUMN email_key TEXT",
        """
        UPDATE accounts SET email_key = LOWER(email)
        WHERE email IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM accounts AS older WHERE LOWER(older.email) = LOWER(accounts.email) AND older.id < accounts.id)
        """,
        "CREATE UNIQUE INDEX accounts_by_email ON accounts (email_key)",
        // NULL where nothing was said.
        "ALTER TABLE accounts ADD COLUMN sign TEXT",
        "ALTER TABLE accounts ADD COLUMN gender BIGINT NOT NULL DEFAULT 0 CHECK (gender BETWEEN 0 AND 2)",
        "ALTER TABLE accounts ADD COLUMN birthday BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE accounts ADD COLUMN cover BIGINT REFERENCES media (id)",
        "CREATE INDEX accounts_by_cover ON accounts (cover)",
        // Until when the password may be replaced by who reads the account's mail.
        "ALTER TABLE accounts ADD COLUMN reset_until BIGINT NOT NULL DEFAULT 0",
        // Of a world that bounds how many logins of an account there are at a time; NULL where that does not matter.
        "ALTER TABLE tokens ADD COLUMN world TEXT",
        // One role more; a constraint cannot be changed in place.
        """
        ALTER TABLE accounts ADD COLUMN standing TEXT NOT NULL DEFAULT 'user'
        CHECK (standing IN ('user', 'auditor', 'admin', 'root'))
        """,
        "UPDATE accounts SET standing = role",
        "ALTER TABLE accounts DROP COLUMN role",
        "ALTER TABLE accounts RENAME COLUMN standing TO role",
        // An address has one code at a time, and what was sent to it lately is counted.
        """
        CREATE TABLE mail_codes (
            email_key TEXT NOT NULL PRIMARY KEY,
            hash TEXT NOT NULL,
            tries BIGINT NOT NULL DEFAULT 0,
            expires_at BIGINT NOT NULL
        )
        """,
        "CREATE INDEX mail_codes_by_expiry ON mail_codes (expires_at)",
        "CREATE TABLE mail_sends (email_key TEXT NOT NULL, sent_at BIGINT NOT NULL)",
        "CREATE INDEX mail_sends_by_address ON mail_sends (email_key, sent_at)",
        "CREATE INDEX mail_sends_by_time ON mail_sends (sent_at)",
        // Who uploaded a picture, for as long as only they may use it. No reference: it keeps no picture.
        """
        CREATE TABLE uploads (
            media BIGINT NOT NULL PRIMARY KEY,
            account BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            created_at BIGINT NOT NULL
        )
        """,
        "CREATE INDEX uploads_by_account ON uploads (account)",
        "CREATE INDEX uploads_by_time ON uploads (created_at)",
    ]
}
