// What more than one repository needs inside its transactions.

extension Session {
    /// The next number of a table, counted from 1.
    func nextNumber(of table: String) throws(StoreError) -> Int64 {
        let number = try one(
            "UPDATE counters SET value = value + 1 WHERE name = $1 RETURNING value", table
        ) { try $0.get(0) as Int64 }
        guard let number else { throw .corrupt("the counter of \(table) is missing") }
        return number
    }

    /// - Throws: ``StoreError/noSuchAccount``.
    func checkAccount(_ account: Int64) throws(StoreError) {
        guard try exists("SELECT 1 FROM accounts WHERE id = $1 AND is_leaving = 0", account) else {
            throw .noSuchAccount
        }
    }
}
