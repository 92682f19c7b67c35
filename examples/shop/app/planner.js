/** A single-page application: rooms and plants under real paths, without a page load between. */
(function () {
'use strict';

const byId = (id) => document.getElementById(id);
const ROOMS = {living: 'Living room', office: 'Office', bath: 'Bathroom', kitchen: 'Kitchen'};

function link(path, text) {
    const element = document.createElement('a');
    element.href = path;
    element.textContent = text;
    element.addEventListener('click', (event) => {
        event.preventDefault();
        if (path !== location.pathname) {
            history.pushState(null, '', path);
            show();
        }
    });
    return element;
}

function paragraph(text) {
    const element = document.createElement('p');
    element.textContent = text;
    return element;
}

function heading(text) {
    const element = document.createElement('h1');
    element.textContent = text;
    document.title = `Planner: ${text}`;
    return element;
}

function choose(plant) {
    const button = document.createElement('button');
    button.textContent = `Plan a ${plant.name}`;
    button.addEventListener('click', () => {
        pipes.track('plant_planned', {product_id: plant.id, room: plant.room});
        button.disabled = true;
    });
    return button;
}

/** What the path says: /app/ or /app/room/NAME. */
function show() {
    const room = /^\/app\/room\/(\w+)$/.exec(location.pathname);
    const view = byId('view');
    const name = room && ROOMS[room[1]];
    if (!name) {
        view.replaceChildren(heading('Rooms'), paragraph('Choose a room to plan its plants.'));
        return;
    }
    const plants = window.PLANTS.filter((plant) => plant.room === room[1]);
    view.replaceChildren(heading(name), ...plants.map(choose), paragraph('Choose what you like.'));
}

const script = document.createElement('script');
script.src = '/plants.js';
script.onload = () => {
    byId('rooms').append(link('/app/', 'All rooms'),
        ...Object.keys(ROOMS).map((room) => link(`/app/room/${room}`, ROOMS[room])));
    window.addEventListener('popstate', show);
    show();
};
document.head.append(script);
document.querySelector('#privacy').addEventListener('click', () => pipes.disable());
}());
