import Endpoints
import Geo
import HTTPTypes
import Live
import Rooms
import Services
import Store

extension Problem {
    /// What an error of any floor is to a client: the one place where errors become statuses.
    ///
    /// Routes whose contract wants something else for an error answer it before it comes here.
    init(_ error: any Error) {
        switch error {
        case let error as Problem: self = error
        case let error as ServicesError: self.init(error)
        case let error as LiveError: self.init(error)
        case let error as RoomError: self.init(error)
        case let error as StoreError: self.init(error)
        case let error as CoordinateError: self.init(error)
        case let error as ParameterError: self.init(error)
        case let refused as Tokens.Refused: self.init(refused.error)
        default: self = .internalError(cause: "\(error)")
        }
    }

    init(_ error: ServicesError) {
        switch error {
        case .invalid(_, let message): self = .badRequest(message)
        case .nameTaken: self.init(.badRequest, "Username already exists")
        case .emailTaken: self.init(.badRequest, "The e-mail address is in use")
        case .wrongCode: self.init(.badRequest, "The code is wrong or has expired")
        case .humanCheckNeeded: self.init(.tooManyRequests, "Too many failed attempts. Try again later.")
        case .humanCheckFailed: self = .badRequest("The check has failed")
        case .mailUnavailable:
            self.init(.serviceUnavailable, "No mail can be sent at the moment. Try again later.", retryAfter: 60)
        case .foreignPicture: self = .badRequest("The picture is not yours")
        case .ownAccount: self = .badRequest("This cannot be done to your own account")
        case .unknownUser: self.init(.notFound, "User not found")
        case .wrongPassword: self.init(.unauthorized, "Invalid password")
        case .accountDisabled: self.init(.forbidden, "This account is disabled")
        case .throttled(let retryAfter):
            self.init(.tooManyRequests, "Too many failed attempts. Try again later.", retryAfter: retryAfter)
        case .tooOften(let retryAfter):
            self.init(.tooManyRequests, "Too many requests. Try again later.", retryAfter: retryAfter)
        case .overloaded:
            self.init(.serviceUnavailable, "The server is busy. Try again later.", retryAfter: 5)
        case .unauthenticated: self.init(.unauthorized, "No token provided")
        case .badToken: self.init(.forbidden, "Token is invalid or has expired")
        case .forbidden: self.init(.forbidden, "You may not do this")
        case .notFound: self = .notFound
        case .quotaExceeded:
            self.init(.insufficientStorage, "Your account holds as much as it may. Delete something first.")
        case .outOfSpace:
            self.init(
                .insufficientStorage, "The server has no space for this at the moment. Try again later.",
                retryAfter: 60)
        case .damaged(let cause): self = .internalError(cause: "what is stored is damaged: \(cause)")
        case .store(let error): self.init(error)
        }
    }

    init(_ error: LiveError) {
        switch error {
        case .noSuchRoom: self.init(.notFound, "Room not found", code: "ROOM_NOT_FOUND")
        case .roomExists: self.init(.badRequest, "Room already exists")
        case .wrongPassword: self.init(.unauthorized, "Invalid password")
        case .tooManyGuesses(let retryAfter): self.init(ServicesError.throttled(retryAfter: retryAfter))
        case .notInRoom: self.init(.notFound, "Runner not found in the room")
        case .room(let error): self.init(error)
        case .tooManyCommands:
            self.init(.tooManyRequests, "Too many changes of a runner. Try again later.", retryAfter: 1)
        case .tooManyMarkers:
            self.init(.serviceUnavailable, "More markers came than can be taken. Try again later.", retryAfter: 1)
        case .store(let error): self.init(error)
        case .stopping: self.init(.serviceUnavailable, "The server is stopping. Try again later.", retryAfter: 5)
        }
    }

    init(_ error: RoomError) {
        switch error {
        case .roomFull: self.init(.conflict, "Room is full")
        case .roomClosed: self.init(.notFound, "Room not found", code: "ROOM_NOT_FOUND")
        case .noSuchRunner, .hasLeft: self.init(.notFound, "Runner not found in the room")
        case .alreadyRunning: self.init(.conflict, "The run is under way")
        case .notRunning: self.init(.conflict, "Nothing is running")
        case .tooManyPauses: self.init(.conflict, "The run has as many pauses as a run may")
        case .notStarted: self.init(.conflict, "The run has not started")
        case .alreadyFinished: self.init(.conflict, "The run has ended")
        case .runSettled: self.init(.conflict, "That run is over")
        case .noSuchRun: self.init(.conflict, "There is no such run")
        case .badCheer: self = .badRequest("A cheer must have 1-200 characters")
        case .tooManyMarkers: self.init(.conflict, "The run holds as many markers as a run may")
        case .tooManyLateMarkers:
            self.init(.tooManyRequests, "Too many markers came late into a long run")
        case .tooManyLateCommands:
            self.init(.tooManyRequests, "Too many changes of long ago in a long run")
        }
    }

    init(_ error: StoreError) {
        switch error {
        case .diskFull: self = .unavailable(.insufficientStorage, cause: error.description)
        case .busy, .io, .closed, .corrupt, .logUnusable, .cannotOpen, .inUse, .newerVersion, .termLost:
            self = .unavailable(cause: error.description)
        case .nulInText: self = .badRequest("Text must not contain the character U+0000")
        case .nameTaken: self.init(.badRequest, "Username already exists")
        case .emailTaken: self.init(.badRequest, "The e-mail address is in use")
        case .roomExists: self.init(.badRequest, "Room already exists")
        case .noSuchAccount: self.init(.notFound, "User not found")
        case .noSuchMedia: self.init(ServicesError.foreignPicture)
        case .quotaExceeded: self.init(ServicesError.quotaExceeded)
        case .conditionFailed: self.init(ServicesError.forbidden)
        }
    }
}
