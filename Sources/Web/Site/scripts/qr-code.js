/**
 * QR codes, drawn here: what they lead to goes to nobody. The encoder is Debian's `node-qrcode-generator`, loaded when
 * the first one is drawn.
 *
 * @module qr-code
 */

/** @typedef {{ addData(text: string): void, make(): void, getModuleCount(): number, isDark(row: number, column: number): boolean }} Code */
/** @typedef {(type: 0, level: 'L' | 'M' | 'Q' | 'H') => Code} Encoder */

const SVG = 'http://www.w3.org/2000/svg';
/** Modules of white around a code, as ISO/IEC 18004 wants them. */
const QUIET = 4;

/** @type {Promise<Encoder> | undefined} */
let encoder;

/** @returns {Promise<Encoder>} A classic script, which leaves its function with the window. */
function load() {
    encoder ??= new Promise((resolve, reject) => {
        const script = document.createElement('script');
        script.src = new URL('./qrcode-generator.js', import.meta.url).href;
        script.addEventListener('load', () => resolve(/** @type {any} */ (window).qrcode));
        script.addEventListener('error', () => {
            encoder = undefined;
            reject(new Error('the encoder cannot be loaded'));
        });
        document.head.append(script);
    });
    return encoder;
}

/**
 * @param {string} text ASCII, as addresses are.
 * @param {string} label What it is, for who does not see it.
 * @returns {Promise<SVGSVGElement>} Dark on white, whatever the page's colours: cameras want it so.
 */
export async function qrCode(text, label) {
    const code = (await load())(0, 'M');
    code.addData(text);
    code.make();
    const count = code.getModuleCount();
    const size = String(count + 2 * QUIET);
    let path = '';
    for (let row = 0; row < count; row += 1) {
        for (let column = 0; column < count; column += 1) {
            if (!code.isDark(row, column)) continue;
            let end = column + 1;
            while (end < count && code.isDark(row, end)) end += 1;
            path += `M${column + QUIET} ${row + QUIET}h${end - column}v1h${column - end}z`;
            column = end;
        }
    }
    const svg = document.createElementNS(SVG, 'svg');
    for (const [name, value] of [['viewBox', `0 0 ${size} ${size}`], ['class', 'qr'], ['role', 'img'],
        ['aria-label', label], ['shape-rendering', 'crispEdges']]) svg.setAttribute(name, value);
    const ground = document.createElementNS(SVG, 'rect');
    for (const [name, value] of [['width', size], ['height', size], ['fill', '#fff']]) ground.setAttribute(name, value);
    const modules = document.createElementNS(SVG, 'path');
    for (const [name, value] of [['d', path], ['fill', '#000']]) modules.setAttribute(name, value);
    svg.append(ground, modules);
    return svg;
}
