import CMalloc
import Limits

/// How memory goes back to the system.
enum Allocator {
    /// Has each large piece of memory go back as soon as it is free.
    ///
    /// Glibc maps such a piece by itself only until the first one has been given back; from then on pieces of up to that
    /// size come out of heaps that other, longer-lived ones keep from shrinking. So who once sent many large bodies would
    /// cost their memory for ever: 100 MB for bodies of 4 MiB that were together no more than 64 MiB.
    ///
    /// To be called once, before anything is served. Where the allocator is another one nothing happens.
    static func returnLargePieces() {
        _ = mallopt(M_MMAP_THRESHOLD, Int32(Limit.HTTP.largePiece))
    }
}
