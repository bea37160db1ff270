extension Migration {
    /// Version 16, frozen: whose clients show the MD5 of the password in its place.
    ///
    /// Of accounts that are there it is not known where they were made. Those that may not come from clients of the kind
    /// lose it: who has a role, or a mail address, or a hash that no digest can be compared with. The others keep it
    /// until they have another password.
    static let digests = [
        "ALTER TABLE accounts ADD COLUMN takes_digest BIGINT NOT NULL DEFAULT 0 CHECK (takes_digest IN (0, 1))",
        """
        UPDATE accounts SET takes_digest = 1
        WHERE role = 'user' AND email_key IS NULL AND password_hash LIKE '$scrypt-md5$%'
        """,
    ]
}
