import Foundation

/// Makes a page of zeroes of the first one of a database's file on which some bytes are, or once were.
///
/// Whoever has the file open may have the page in memory.
///
/// - Throws: When they are on none.
package func wipePage(of file: String, with bytes: [UInt8]) throws {
    let data = try Data(contentsOf: URL(filePath: file))
    guard let place = data.range(of: Data(bytes))?.lowerBound else { throw NoSuchPage() }
    try wipePage(of: file, number: place / 4096 + 1)
}

/// Makes a page of zeroes of one of a database's file.
///
/// - Parameters:
///   - file: The file.
///   - number: The page's, from 1.
/// - Throws: When it cannot be written.
package func wipePage(of file: String, number: Int) throws {
    let handle = try FileHandle(forUpdating: URL(filePath: file))
    try handle.seek(toOffset: UInt64((number - 1) * 4096))
    try handle.write(contentsOf: Data(count: 4096))
    try handle.close()
}

/// No page has the bytes.
package struct NoSuchPage: Error {}
