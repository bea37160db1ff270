extension Migration {
    /// Version 23, frozen: where somebody is not to be seen.
    ///
    /// With the account, which nobody in a room and no run can be read without.
    static let zones = ["ALTER TABLE accounts ADD COLUMN zones TEXT"]
}
