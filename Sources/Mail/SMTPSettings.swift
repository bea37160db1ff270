/// The mail server that takes mail, and how to speak to it.
public struct SMTPSettings: Hashable, Sendable {
    /// Why settings cannot be used; a sentence for the person who gave them.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// How the connection is kept secret.
    public enum Encryption: String, Hashable, Sendable, CaseIterable {
        /// STARTTLS, or TLS from the beginning with `smtps:`; without it nothing is sent.
        case required
        /// None, for a mail server on the same machine.
        case none
    }

    /// `smtp://host:port` or `smtps://host:port`.
    public let url: String
    /// The name to log in with, nil for none.
    public let user: String?
    /// Goes with ``user``.
    public let password: String?
    /// The address that mail comes from.
    public let sender: String
    public let encryption: Encryption
    /// A file of certificates in PEM that are trusted instead of the system's; nil for the system's.
    public let authorities: String?

    /// Checks settings.
    ///
    /// - Throws: ``Invalid`` for a URL of another kind or with more than a host and a port in it, for a user without a
    ///   password and the other way round, and for a password that would go over the network in the clear.
    public init(
        url: String, user: String? = nil, password: String? = nil, sender: String,
        encryption: Encryption = .required, authorities: String? = nil
    ) throws(Invalid) {
        guard let scheme = ["smtp://", "smtps://"].first(where: url.hasPrefix) else {
            throw Invalid(description: "The mail server is given as smtp://host:port or smtps://host:port.")
        }
        var authority = url.dropFirst(scheme.count)
        if authority.last == "/" { authority = authority.dropLast() }
        // A password in a URL would be seen by everybody on the machine.
        guard !authority.isEmpty, authority.utf8.allSatisfy(Self.isOfAuthority) else {
            throw Invalid(
                description: "The mail server is given as smtp://host:port, without a user, a password or a path.")
        }
        guard (user == nil) == (password == nil) else {
            throw Invalid(description: "The mail server wants both a user and a password file, or neither.")
        }
        guard user == nil || encryption == .required || scheme == "smtps://" else {
            throw Invalid(description: "A password for the mail server is not sent without encryption.")
        }
        guard sender.split(separator: "@", omittingEmptySubsequences: false).count == 2,
            sender.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") })
        else { throw Invalid(description: "The address that mail comes from must look like name@example.org.") }
        self.url = scheme + authority
        self.user = user
        self.password = password
        self.sender = sender
        self.encryption = encryption
        self.authorities = authorities
    }

    private static func isOfAuthority(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
            UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }
}
