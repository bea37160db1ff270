// What the page uses of Leaflet 1.7 (the module of Debian's libjs-leaflet); for the type check alone.
declare module '*/leaflet.js' {
    export class Point {
        x: number; y: number;
        constructor(x: number, y: number);
        subtract(other: Point): Point;
        multiplyBy(factor: number): Point;
        round(): Point;
    }
    export class Bounds { min: Point; max: Point; getSize(): Point; contains(point: Point): boolean }
    export class LatLng { lat: number; lng: number; constructor(lat: number, lng: number) }
    export class LatLngBounds {
        constructor(southWest: LatLng, northEast: LatLng);
        extend(other: LatLng): this;
        isValid(): boolean;
        pad(ratio: number): LatLngBounds;
        contains(other: LatLng | LatLngBounds): boolean;
        getCenter(): LatLng;
    }
    export class Map {
        constructor(container: HTMLElement, options: object);
        on(types: string, listener: (event: any) => void): this;
        setView(center: LatLng, zoom: number, options?: object): this;
        fitBounds(bounds: LatLngBounds, options?: object): this;
        panTo(center: LatLng, options?: object): this;
        getZoom(): number;
        getCenter(): LatLng;
        getBounds(): LatLngBounds;
        getBoundsZoom(bounds: LatLngBounds, inside?: boolean, padding?: Point): number;
        getPixelBounds(center?: LatLng, zoom?: number): Bounds;
        getSize(): Point;
        invalidateSize(options?: object): this;
        mouseEventToContainerPoint(event: MouseEvent): Point;
        addLayer(layer: Layer): this;
    }
    export class Layer { addTo(map: Map): this }
    /** With its radius in metres. */
    export class Circle extends Layer { constructor(center: LatLng, options: object); remove(): this }
    /** Leaflet's own base of canvases that lie in the map: keeps them in place while the map moves. */
    export class Renderer extends Layer {
        protected _map: Map;
        protected _container: HTMLElement;
        protected _bounds: Bounds;
        protected _zoom: number;
        protected _center: LatLng;
        _update(): void;
        static extend(properties: object): any;
    }
    export const DomUtil: { setPosition(node: HTMLElement, point: Point): void };
    export const control: {
        zoom(options: object): Layer;
        scale(options: object): Layer;
        attribution(options: object): Layer & { addAttribution(text: string): void };
    };
    export function tileLayer(url: string, options: object): Layer;
}
