//! The map of products: departments as countries, their categories as regions, products as places.
//!
//! No layout crate keeps an area in proportion to a number of products and apart from its
//! neighbours; a power diagram does, in a page of code and without a random draw. The frame is a
//! lattice with more cells than products. Departments divide the cells by a power diagram whose
//! weights are balanced until each has its share; the cells that nobody needs, those nearest to
//! another department, stay empty and are the borders. Each department divides its own cells among
//! its categories in the same way. All of them start at the first two principal components of their
//! mean item vectors, so that what is bought alike lies near.

use std::collections::BTreeMap;

use fewshop_model::Pack;

/// Width, height and margin in the map's own units, which the page knows as well.
const FRAME: (f32, f32, f32) = (1000.0, 620.0, 16.0);
/// Cells of the lattice for each product: a fifth stays empty between the departments.
const CELLS: f32 = 1.26;
/// What all departments together get beyond their products, in products: even the smallest can then
/// be named.
const EXTRA: f32 = 0.08;
/// Rounds that move the sites and balance the shares, and rounds that only balance.
const ROUNDS: [usize; 2] = [160, 160];
/// Share of a missing area by which a round changes a weight. A cell grows by about 1.6 times what
/// its weight does; less than the inverse does not overshoot.
const STEP: f32 = 0.4;
/// Rounds of power iteration for an axis.
const AXIS_ROUNDS: usize = 80;

type Point = [f32; 2];

/// The position of each product: four digits of base 36 per product, two across and two down.
pub(crate) fn map(pack: &Pack) -> String {
    let rows = pack.item_table().len();
    let vectors: Vec<Vec<f32>> = (0..rows).map(|row| pack.item_table().row(row)).collect();
    let mut departments: Groups<'_> = BTreeMap::new();
    for (row, item) in pack.catalogue().items().iter().enumerate() {
        let (name, rest) = item
            .category
            .split_first()
            .map_or(("", &[][..]), |(name, rest)| (name, rest));
        let categories = departments.entry(name).or_default();
        categories.entry(rest).or_default().push(row);
    }
    let places = layout(&departments, &vectors);
    let digit = |value: u32| char::from_digit(value % 36, 36).unwrap_or('0');
    let whole = |value: f32| value.round() as u32;
    places
        .into_iter()
        .flat_map(|[x, y]| [whole(x), whole(y)])
        .flat_map(|value| [digit(value / 36), digit(value)])
        .collect()
}

/// Rows by department and by the rest of the category.
type Groups<'a> = BTreeMap<&'a str, BTreeMap<&'a [String], Vec<usize>>>;

fn layout(departments: &Groups<'_>, vectors: &[Vec<f32>]) -> Vec<Point> {
    let mut places = vec![[0.0; 2]; vectors.len()];
    if vectors.is_empty() {
        return places;
    }
    let cells = lattice(vectors.len());
    let names: Vec<&str> = departments.keys().copied().collect();
    let members: Vec<Vec<usize>> = departments
        .values()
        .map(|categories| categories.values().flatten().copied().collect())
        .collect();
    let means: Vec<Vec<f32>> = members.iter().map(|rows| mean(rows, vectors)).collect();
    let (sites, axes) = starts(&means, None, &cells);
    let share = EXTRA * vectors.len() as f32 / names.len() as f32;
    let wanted: Vec<f32> = members
        .iter()
        .map(|rows| rows.len() as f32 + share)
        .collect();
    let counts: Vec<usize> = members.iter().map(Vec::len).collect();
    let owned = divide(&cells, sites, &wanted, &counts);
    for (categories, own) in departments.values().zip(owned) {
        let own: Vec<Point> = own.into_iter().map(|at| cells[at]).collect();
        let rows: Vec<&Vec<usize>> = categories.values().collect();
        let means: Vec<Vec<f32>> = rows.iter().map(|rows| mean(rows, vectors)).collect();
        let (sites, _) = starts(&means, Some(&axes), &own);
        let counts: Vec<usize> = rows.iter().map(|rows| rows.len()).collect();
        let wanted: Vec<f32> = counts.iter().map(|&count| count as f32).collect();
        for (rows, at) in rows.iter().zip(divide(&own, sites, &wanted, &counts)) {
            let at: Vec<Point> = at.into_iter().map(|at| own[at]).collect();
            for (&row, place) in rows.iter().zip(settle(rows, vectors, at)) {
                places[row] = place;
            }
        }
    }
    places
}

/// The points of a hexagonal lattice within the frame, at least [`CELLS`] for each product.
fn lattice(products: usize) -> Vec<Point> {
    let (width, height, margin) = FRAME;
    let (width, height) = (width - 2.0 * margin, height - 2.0 * margin);
    let wanted = (products as f32 * CELLS).ceil() + 6.0;
    let mut gap = (width * height / wanted * 2.0 / 3f32.sqrt()).sqrt();
    loop {
        let down = gap * 3f32.sqrt() / 2.0;
        let mut cells = Vec::new();
        for line in 0..=(height / down) as usize {
            let indent = if line % 2 == 0 { 0.0 } else { gap / 2.0 };
            let mut x = indent;
            while x <= width {
                cells.push([margin + x, margin + line as f32 * down]);
                x += gap;
            }
        }
        if cells.len() as f32 >= wanted {
            return cells;
        }
        gap *= 0.99;
    }
}

/// Where the groups with these means start within `cells`, and the axes: half by size, half by rank,
/// so that one far group does not push all others together. Each axis points the way of `outer`'s:
/// what is like the neighbouring department then lies towards it.
fn starts(
    means: &[Vec<f32>],
    outer: Option<&[Vec<f32>; 2]>,
    cells: &[Point],
) -> (Vec<Point>, [Vec<f32>; 2]) {
    let rows: Vec<usize> = (0..means.len()).collect();
    let (along, axes) = components(&rows, means, outer);
    let mut sites = vec![[0.0; 2]; means.len()];
    for side in 0..2 {
        let ends = cells.iter().map(|cell| cell[side]);
        let low = ends.clone().fold(f32::INFINITY, f32::min);
        let high = ends.fold(f32::NEG_INFINITY, f32::max);
        let mut order = rows.clone();
        order.sort_by(|&a, &b| along[a][side].total_cmp(&along[b][side]));
        let first = order.first().map_or(0.0, |&at| along[at][side]);
        let last = order.last().map_or(0.0, |&at| along[at][side]);
        for (rank, at) in order.into_iter().enumerate() {
            let by_rank = (rank as f32 + 0.5) / means.len() as f32;
            let by_size = (along[at][side] - first) / (last - first).max(f32::MIN_POSITIVE);
            sites[at][side] = low + (by_rank + by_size) / 2.0 * (high - low);
        }
    }
    (sites, axes)
}

/// Coordinates of rows along their first two principal components, and those.
fn components(
    rows: &[usize],
    vectors: &[Vec<f32>],
    outer: Option<&[Vec<f32>; 2]>,
) -> (Vec<Point>, [Vec<f32>; 2]) {
    let middle = mean(rows, vectors);
    let d = middle.len();
    let spread: Vec<Vec<f32>> = rows
        .iter()
        .map(|&row| {
            vectors[row]
                .iter()
                .zip(&middle)
                .map(|(a, b)| a - b)
                .collect()
        })
        .collect();
    let mut rest = spread.clone();
    let mut axis = |at: usize| {
        let mut axis = principal(&rest, d);
        for row in &mut rest {
            let along = dot(row, &axis);
            add(row, &axis, -along);
        }
        if outer.is_some_and(|outer| dot(&axis, &outer[at]) < 0.0) {
            axis.iter_mut().for_each(|value| *value = -*value);
        }
        axis
    };
    let axes = [axis(0), axis(1)];
    let along = |row: &Vec<f32>| [dot(row, &axes[0]), dot(row, &axes[1])];
    (spread.iter().map(along).collect(), axes)
}

/// Divides cells among sites: each gets `counts` of them, `wanted` being the shares that decide where
/// the borders run. Indices of cells by site.
fn divide(
    cells: &[Point],
    mut sites: Vec<Point>,
    wanted: &[f32],
    counts: &[usize],
) -> Vec<Vec<usize>> {
    let whole: f32 = wanted.iter().sum();
    let targets: Vec<f32> = wanted
        .iter()
        .map(|wanted| wanted / whole * cells.len() as f32)
        .collect();
    let mut weights = vec![0.0; sites.len()];
    let area = cell_area(cells);
    for round in 0..ROUNDS[0] + ROUNDS[1] {
        let mut sums = vec![[0.0f32; 3]; sites.len()];
        for cell in cells {
            let sum = &mut sums[nearest(cell, &sites, &weights).0];
            *sum = [sum[0] + cell[0], sum[1] + cell[1], sum[2] + 1.0];
        }
        for (at, &[x, y, n]) in sums.iter().enumerate() {
            if round < ROUNDS[0] && n > 0.0 {
                // Slowly, or two departments would change places before their sizes are right.
                sites[at][0] += 0.3 * (x / n - sites[at][0]);
                sites[at][1] += 0.3 * (y / n - sites[at][1]);
            }
            weights[at] += STEP * area * (targets[at] - n);
        }
    }
    let mut order: Vec<(f32, usize, usize)> = cells
        .iter()
        .enumerate()
        .map(|(at, cell)| {
            let (site, margin) = nearest(cell, &sites, &weights);
            (margin, site, at)
        })
        .collect();
    // The cells that are farthest from any other site's come first: what stays free is the border.
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut owned: Vec<Vec<usize>> = counts.iter().map(|&n| Vec::with_capacity(n)).collect();
    let mut free = Vec::new();
    for (_, site, at) in order {
        if owned[site].len() < counts[site] {
            owned[site].push(at);
        } else {
            free.push(at);
        }
    }
    // Rounding may leave a site a few cells short: it takes the nearest that are free.
    for (site, &count) in counts.iter().enumerate() {
        while owned[site].len() < count {
            let far = |at: usize| distance(&cells[at], &sites[site]);
            let Some(next) = (0..free.len()).min_by(|&a, &b| far(free[a]).total_cmp(&far(free[b])))
            else {
                break;
            };
            owned[site].push(free.swap_remove(next));
        }
    }
    owned
}

/// The area for one cell of a lattice, from the box around all of them.
fn cell_area(cells: &[Point]) -> f32 {
    let extent = |side: usize| {
        let ends = cells.iter().map(|cell| cell[side]);
        ends.clone().fold(f32::NEG_INFINITY, f32::max) - ends.fold(f32::INFINITY, f32::min)
    };
    (extent(0) * extent(1) / cells.len().max(1) as f32).max(1.0)
}

/// The site whose power cell holds a point, and by how much it beats the next one.
fn nearest(point: &Point, sites: &[Point], weights: &[f32]) -> (usize, f32) {
    let (mut best, mut least, mut next) = (0, f32::INFINITY, f32::INFINITY);
    for (at, (site, weight)) in sites.iter().zip(weights).enumerate() {
        let power = distance(point, site) - weight;
        if power < least {
            (best, next, least) = (at, least, power);
        } else if power < next {
            next = power;
        }
    }
    (best, next - least)
}

/// Gives each row of a category one of as many places: in columns by the first principal component,
/// in each column by the second.
fn settle(rows: &[usize], vectors: &[Vec<f32>], mut places: Vec<Point>) -> Vec<Point> {
    let (along, _) = components(rows, vectors, None);
    let by = |values: &[Point], side: usize| {
        let values: Vec<f32> = values.iter().map(|value| value[side]).collect();
        move |a: &usize, b: &usize| values[*a].total_cmp(&values[*b])
    };
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(by(&along, 0));
    places.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let column = (rows.len() as f32).sqrt().ceil().max(1.0) as usize;
    let mut out = vec![[0.0; 2]; rows.len()];
    for (order, places) in order.chunks_mut(column).zip(places.chunks_mut(column)) {
        order.sort_by(by(&along, 1));
        places.sort_by(|a, b| a[1].total_cmp(&b[1]));
        for (&at, &place) in order.iter().zip(places.iter()) {
            out[at] = place;
        }
    }
    out
}

/// The direction in which rows around 0 vary most.
fn principal(rows: &[Vec<f32>], d: usize) -> Vec<f32> {
    // Any start that is not orthogonal to the result will do; this one is always the same.
    let mut axis: Vec<f32> = (0..d).map(|at| 1.0 + (at % 7) as f32 / 7.0).collect();
    for _ in 0..AXIS_ROUNDS {
        let mut next = vec![0.0; d];
        rows.iter()
            .for_each(|row| add(&mut next, row, dot(row, &axis)));
        let length = dot(&next, &next).sqrt().max(f32::MIN_POSITIVE);
        axis = next.into_iter().map(|value| value / length).collect();
    }
    axis
}

fn mean(rows: &[usize], vectors: &[Vec<f32>]) -> Vec<f32> {
    let mut sum = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for &row in rows {
        add(&mut sum, &vectors[row], 1.0 / rows.len() as f32);
    }
    sum
}

fn distance(a: &Point, b: &Point) -> f32 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(sum: &mut [f32], row: &[f32], weight: f32) {
    sum.iter_mut()
        .zip(row)
        .for_each(|(sum, value)| *sum += weight * value);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn numbers(text: &str) -> Vec<(u32, u32)> {
        let number = |two: &str| u32::from_str_radix(two, 36).unwrap();
        (0..text.len() / 4)
            .map(|at| &text[4 * at..4 * at + 4])
            .map(|four| (number(&four[..2]), number(&four[2..])))
            .collect()
    }

    #[test]
    fn every_product_has_a_place_of_its_own_within_the_frame() {
        let pack = fewshop_model::toy::pack();
        let text = map(&pack);
        let places = numbers(&text);
        assert_eq!(places.len(), pack.catalogue().len());
        assert!(
            (places.iter()).all(|(x, y)| (16..=984).contains(x) && (16..=604).contains(y)),
            "{places:?}"
        );
        let own: BTreeSet<_> = places.iter().collect();
        assert_eq!(own.len(), places.len());
        assert_eq!(text, map(&pack));
    }

    /// Most of a product's nearest neighbours are of its own department: that is what makes one a
    /// place.
    #[test]
    fn departments_are_compact() {
        let shop = std::fs::read(crate::root::shop_pack()).unwrap();
        let pack = Pack::from_bytes(&shop).unwrap();
        let places = numbers(&map(&pack));
        let items = pack.catalogue().items();
        let (mut own, mut all) = (0, 0);
        for row in (0..places.len()).step_by(40) {
            let far = |other: usize| {
                let (a, b) = (places[row], places[other]);
                a.0.abs_diff(b.0).pow(2) + a.1.abs_diff(b.1).pow(2)
            };
            let mut near: Vec<usize> = (0..places.len()).filter(|&at| at != row).collect();
            near.sort_by_key(|&at| far(at));
            own += (near.iter().take(6))
                .filter(|&&at| items[at].category.first() == items[row].category.first())
                .count();
            all += 6;
        }
        assert!(own * 100 >= all * 97, "{own} of {all}");
    }

    #[test]
    fn cells_are_divided_as_wanted() {
        let cells = lattice(300);
        let sites = vec![[100.0, 100.0], [900.0, 100.0], [500.0, 500.0]];
        let counts = [200, 60, 40];
        let owned = divide(&cells, sites, &[200.0, 60.0, 40.0], &counts);
        let all: BTreeSet<usize> = owned.iter().flatten().copied().collect();
        assert_eq!(owned.iter().map(Vec::len).collect::<Vec<_>>(), counts);
        assert_eq!(all.len(), 300, "no cell has two owners");
    }

    #[test]
    fn the_principal_axis_is_the_longest_one() {
        let rows: Vec<Vec<f32>> = [[3.0, 0.1], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.1]]
            .map(Vec::from)
            .into();
        let axis = principal(&rows, 2);
        assert!(axis[0].abs() > 0.99, "{axis:?}");
    }
}
