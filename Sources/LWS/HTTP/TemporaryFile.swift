internal import CLibuv
internal import Glibc

/// A file of the server's temporary directory, deleted when the last reference goes.
///
/// To keep it, link or rename it before; the deletion then finds nothing, which is no error.
public final class TemporaryFile: Sendable {
    public let path: String
    /// Its size in bytes.
    public let count: Int

    init(path: String, count: Int) {
        self.path = path
        self.count = count
    }

    deinit { unlink(path) }

    /// The whole content.
    func bytes() throws(RequestFault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .failed }
        defer { close(descriptor) }
        var position = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, size in
            while position < count {
                let got = read(descriptor, buffer.baseAddress! + position, count - position)
                if got < 0, errno == EINTR { continue }
                if got <= 0 { break }
                position += got
            }
            size = position
        }
        guard bytes.count == count else { throw .failed }
        return bytes
    }

    /// A temporary file that is being written; deleted if it is not finished.
    final class Lease {
        let descriptor: CInt
        private var path: String?

        init(in directory: String) throws(RequestFault) {
            var template = Array("\(directory)/body-XXXXXX".utf8CString)
            descriptor = CLibuv_mkostemp(&template)
            guard descriptor >= 0 else { throw .failed }
            path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        }

        deinit {
            close(descriptor)
            if let path { unlink(path) }
        }

        func write(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    throw .failed
                }
                rest = rest.dropFirst(count)
            }
        }

        func write(_ bytes: [UInt8]) throws(RequestFault) {
            var fault: RequestFault?
            bytes.withUnsafeBytes { bytes in
                do throws(RequestFault) { try write(bytes) } catch { fault = error }
            }
            if let fault { throw fault }
        }

        func finish(count: Int) -> TemporaryFile {
            defer { path = nil }
            return TemporaryFile(path: path!, count: count)
        }
    }
}
