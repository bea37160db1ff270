/**
 * The ground of every map: the operator's tiles, or a plain grid, with a scale and, where somebody may move it, buttons
 * to zoom; ways lie on it.
 *
 * @module ground
 */
import { Map as LeafletMap, control, tileLayer } from './leaflet.js';
import { word } from './page.js';
import { WayCanvas } from './way-canvas.js';

/** @typedef {import('./map-view.js').Tiles} Tiles */

/** What of Leaflet answers to a hand. */
const STILL = {
    dragging: false, keyboard: false, touchZoom: false, scrollWheelZoom: false, doubleClickZoom: false, boxZoom: false,
};

/**
 * @param {HTMLElement} container
 * @param {Tiles | undefined} tiles
 * @param {{ fadeAnimation?: boolean }} [options] Further ones of the map's.
 * @param {boolean} [isStill] Whether nobody may move it.
 * @returns {{ map: LeafletMap, ways: WayCanvas }}
 */
export function makeGround(container, tiles, options = {}, isStill = false) {
    const map = new LeafletMap(container, {
        zoomControl: false, attributionControl: false, zoomSnap: tiles ? 1 : 0.25, zoomDelta: 1, minZoom: 3,
        maxZoom: 20, tap: false, wheelPxPerZoomLevel: 90, ...isStill ? STILL : {},
        ...options,
    });
    if (!isStill) {
        control.zoom({ position: 'topright', zoomInTitle: word('zoomIn'), zoomOutTitle: word('zoomOut') }).addTo(map);
    }
    // As wide as its figures want it, which grow with the screen.
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    control.scale({ imperial: false, maxWidth: 7.5 * rem }).addTo(map);
    if (tiles) {
        const attribution = control.attribution({ prefix: false });
        attribution.addTo(map);
        attribution.addAttribution(tiles.attribution);
        tileLayer(tiles.url, { maxZoom: 20, maxNativeZoom: tiles.closestZoom }).addTo(map);
    }
    return { map, ways: new WayCanvas(map, { hasGrid: !tiles }) };
}
