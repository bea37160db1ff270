/// A page of a list: the `number`th, counted from 1, of pages of `size` entries.
struct ListPage: Sendable {
    let number: Int
    /// 1 to 100.
    let size: Int

    /// - Returns: Nil for who asks for no page, but for all.
    init?(page: Int?, limit: Int?) {
        guard page != nil || limit != nil else { return nil }
        number = page ?? 1
        size = min(limit ?? 10, 100)
    }

    /// How many entries are on the pages before it.
    var offset: Int { (number - 1) * size }

    /// What stands behind the array of a page's entries, to the end of the object: `,"pagination":{…}}`.
    func suffix(total: Int) -> String {
        #","pagination":{"total":\#(total),"page":\#(number),"pages":\#(max(1, (total + size - 1) / size))}}"#
    }
}
