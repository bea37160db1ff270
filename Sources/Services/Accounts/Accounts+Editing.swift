import Store

extension Account {
    /// The tag of the account's present state, for who changes only what they have seen: 16 hexadecimal digits that
    /// differ when anything that its owner may change, or may be changed for them, does.
    public var tag: String {
        let state = [
            username, nickname, sign ?? "\u{0}", email ?? "\u{0}", role.rawValue, "\(gender.rawValue)", "\(birthday)",
            picture.map { $0.text } ?? "", cover.map { $0.text } ?? "", "\(updatedAt)", "\(isListed)", alias ?? "",
        ]
        let bytes: [UInt8] = Array(state.joined(separator: "\u{FFFE}").utf8)
        return MediaFiles.hexadecimal(Array(Crypto.sha256(bytes).prefix(8)))
    }
}

extension Accounts {
    /// What somebody changes of their own account; what is nil stays as it is.
    public struct Edit: Hashable, Sendable {
        public var username: String?
        public var nickname: String?
        public var sign: String?
        public var isListed: Bool?
        public var showsName: Bool?

        public init(
            username: String? = nil, nickname: String? = nil, sign: String? = nil, isListed: Bool? = nil,
            showsName: Bool? = nil
        ) {
            self.username = username
            self.nickname = nickname
            self.sign = sign
            self.isListed = isListed
            self.showsName = showsName
        }
    }

    /// Changes an account: all of it, or nothing.
    ///
    /// - Parameters:
    ///   - edit: What to.
    ///   - account: Whose.
    ///   - tag: What ``Account/tag`` has to be still when it is changed; nil for whatever it is.
    ///   - rules: What names may be where they are chosen.
    /// - Returns: The account after it.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/nameTaken``, ``ServicesError/forbidden``
    ///   when it is not what the tag says any more, ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func edit(
        _ edit: Edit, account: Int64, ifTagged tag: String? = nil, rules: RegistrationRules = .veryLongNames
    ) async throws(ServicesError) -> Account {
        var change = ProfileChange()
        if let username = edit.username { change = try Self.naming(username, by: rules) }
        if let nickname = edit.nickname {
            try AccountRules.checkNickname(nickname)
            change.nickname = nickname
        }
        if let sign = edit.sign {
            try AccountRules.checkSign(sign)
            change.sign = sign
        }
        change.isUnlisted = edit.isListed.map { !$0 }
        change.showsUsername = edit.showsName
        // Nobody can guess it, so nobody has it for a name; once it is shown, nobody may take it.
        change.alias = edit.showsName == false ? "runner-" + RoomRules.makeRunID() : nil
        let condition = tag.map { tag in AccountCondition(actor: account) { _, now in Account(now).tag == tag } }
        return try await apply(change, to: account, if: condition)
    }

    /// The account with a mail address; nil for none.
    public func account(email: String) async throws(ServicesError) -> Account? {
        let key = AccountRules.emailKey(email)
        return try await withStoreErrors { () throws(StoreError) in try await store.accounts.account(emailKey: key) }
            .map(
                Account.init)
    }
}
