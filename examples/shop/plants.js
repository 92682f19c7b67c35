/** The plants, for the pages and for the planner. */
window.PLANTS = [
    {id: 'monstera', name: 'Monstera', price: 34.5, room: 'living', light: 'some', leaves: 7, hue: 140},
    {id: 'cactus', name: 'Cactus', price: 12, room: 'office', light: 'much', leaves: 3, hue: 100},
    {id: 'fern', name: 'Fern', price: 18.9, room: 'bath', light: 'little', leaves: 11, hue: 120},
    {id: 'basil', name: 'Basil', price: 3.2, room: 'kitchen', light: 'much', leaves: 5, hue: 95},
    {id: 'palm', name: 'Palm', price: 59, room: 'living', light: 'much', leaves: 9, hue: 150},
    {id: 'clover', name: 'Clover', price: 7.4, room: 'office', light: 'some', leaves: 4, hue: 130},
];

/** A pot with as many leaves as the plant has, drawn here so that no picture must be loaded. */
window.drawPlant = function (plant) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const part = (name, values) => {
        const element = document.createElementNS(svg.namespaceURI, name);
        Object.entries(values).forEach(([key, value]) => element.setAttribute(key, value));
        svg.append(element);
    };
    svg.setAttribute('viewBox', '0 0 120 120');
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', plant.name);
    for (let i = 0; i < plant.leaves; i += 1) {
        const angle = plant.leaves === 1 ? 0 : -75 + (150 * i) / (plant.leaves - 1);
        const light = 34 + (i % 3) * 8;
        part('path', {
            d: 'M60 78 C48 58 50 34 60 16 C70 34 72 58 60 78 Z',
            fill: `hsl(${plant.hue} 45% ${light}%)`,
            transform: `rotate(${angle} 60 80)`,
        });
    }
    part('path', {d: 'M36 76 H84 L78 112 H42 Z', fill: 'hsl(18 45% 52%)'});
    part('path', {d: 'M33 72 H87 V82 H33 Z', fill: 'hsl(18 48% 44%)'});
    return svg;
};
