/// Whose a connection or a request is: in the log, and in what each address may have.
struct ClientAddress: Sendable {
    /// As it is written, without a port.
    let text: String
    /// What is counted; nil of somebody who is not, as ``ConnectionShares`` has it.
    let counted: IPAddress?
}
