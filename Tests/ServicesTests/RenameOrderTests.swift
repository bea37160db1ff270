import Store
import Synchronization
import Testing

@testable import Services

@Suite("Who is told of new names") struct RenameOrderTests {
    /// Lets those wait who come while it is shut.
    private actor Gate {
        private var isOpen = false
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func pass() async {
            if isOpen { return }
            await withCheckedContinuation { waiting.append($0) }
        }

        func open() {
            isOpen = true
            for one in waiting { one.resume() }
            waiting = []
        }
    }

    private struct Told {
        var begun = 0
        var names: [String] = []
    }

    @Test("of two renames at the same moment the later is told last", .timeLimit(.minutes(1)))
    func order() async throws {
        let services = try TestServices(), gate = Gate(), told = Mutex(Told())
        let account = try await services.makeAccount()
        services.accounts.whenAccountsChange { change in
            guard case .changed(let account) = change else { return }
            let number = told.withLock { told in
                told.begun += 1
                return told.begun
            }
            // The first takes its time.
            if number == 1 { await gate.pass() }
            told.withLock { $0.names.append(account.nickname) }
        }
        let accounts = services.accounts, id = account.id
        async let first = accounts.setNickname("first", account: id)
        while told.withLock({ $0.begun }) == 0 { await Task.yield() }
        async let second = accounts.setNickname("second", account: id)
        while try await services.store.accounts.account(id: id)?.nickname != "second" { await Task.yield() }
        await gate.open()
        _ = try await (first, second)
        #expect(told.withLock { $0.names }.last == "second")
        #expect(told.withLock { $0.names.count } == 2)
    }

    @Test("many renames at the same moment end with the name that is stored")
    func many() async throws {
        let services = try TestServices(), told = Mutex<[String]>([])
        let account = try await services.makeAccount(), accounts = services.accounts
        accounts.whenAccountsChange { change in
            if case .changed(let account) = change { told.withLock { $0.append(account.nickname) } }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask { _ = try await accounts.setNickname("\(number)", account: account.id) }
            }
            try await group.waitForAll()
        }
        let stored = try await services.store.accounts.account(id: account.id)?.nickname
        #expect(told.withLock { $0.last } == stored && told.withLock { $0.count } == 50)
        // Of an account that is gone nothing is told any more.
        try await accounts.delete(account: account.id)
        await accounts.tellChanged(account)
        #expect(told.withLock { $0.count } == 50)
    }
}
