//! The network in burn: what is trained, and the reference of the kernels in `fewshop-table`.

use burn::module::{Initializer, Module, Param, ParamId};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, Tensor, s};
use fewshop_table::network::{INPUTS, NORM_EPSILON, Network, Shape};

#[derive(Module, Debug)]
struct Attention {
    gains: Param<Tensor<1>>,
    query: Param<Tensor<2>>,
    key: Param<Tensor<2>>,
    value: Param<Tensor<2>>,
    output: Param<Tensor<2>>,
}

#[derive(Module, Debug)]
struct Block {
    rows: Attention,
    columns: Attention,
    gains: Param<Tensor<1>>,
    up: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
    down: Param<Tensor<2>>,
}

/// The network; see [`fewshop_table::network`].
#[derive(Module, Debug)]
pub struct Net {
    input: Param<Tensor<2>>,
    blocks: Vec<Block>,
    gains: Param<Tensor<1>>,
    head: Param<Tensor<1>>,
    #[module(skip)]
    width: usize,
    #[module(skip)]
    heads: usize,
    #[module(skip)]
    hidden: usize,
}

fn matrix(rows: usize, columns: usize, gain: f64, device: &Device) -> Param<Tensor<2>> {
    let initializer = Initializer::Normal {
        mean: 0.0,
        std: gain / (rows as f64).sqrt(),
    };
    initializer.init([rows, columns], device)
}

fn ones(size: usize, device: &Device) -> Param<Tensor<1>> {
    Initializer::Ones.init([size], device)
}

impl Attention {
    fn new(width: usize, device: &Device) -> Self {
        Self {
            gains: ones(width, device),
            query: matrix(width, width, 1.0, device),
            key: matrix(width, width, 1.0, device),
            value: matrix(width, width, 1.0, device),
            output: matrix(width, width, 0.3, device),
        }
    }
}

/// A network with random weights. Its head is 0: untrained, it changes nothing.
#[must_use]
pub fn init(shape: Shape, device: &Device) -> Net {
    let Shape {
        width,
        heads,
        blocks,
        hidden,
    } = shape;
    let block = |_| Block {
        rows: Attention::new(width, device),
        columns: Attention::new(width, device),
        gains: ones(width, device),
        up: matrix(width, hidden, 1.4, device),
        bias: Initializer::Zeros.init([hidden], device),
        down: matrix(hidden, width, 0.3, device),
    };
    Net {
        input: matrix(INPUTS, width, 2.0, device),
        blocks: (0..blocks).map(block).collect(),
        gains: ones(width, device),
        head: Initializer::Zeros.init([width], device),
        width,
        heads,
        hidden,
    }
}

fn norm(x: Tensor<4>, gains: &Param<Tensor<1>>) -> Tensor<4> {
    let square = x.clone().powi_scalar(2).mean_dim(3);
    let width = x.dims()[3];
    x.div(square.add_scalar(NORM_EPSILON).sqrt())
        .mul(gains.val().reshape([1, 1, 1, width]))
}

fn product(x: Tensor<4>, weights: &Param<Tensor<2>>) -> Tensor<4> {
    let [tables, rows, cells, width] = x.dims();
    let outputs = weights.val().dims()[1];
    x.reshape([tables * rows * cells, width])
        .matmul(weights.val())
        .reshape([tables, rows, cells, outputs])
}

impl Net {
    /// What is added to the log-odds of each question.
    ///
    /// # Shapes
    /// - `inputs`: `[tables, labelled + questions, cells, INPUTS]`
    /// - output: `[tables, questions]`
    #[must_use]
    pub fn forward(&self, inputs: Tensor<4>, labelled: usize) -> Tensor<2> {
        let mut x = product(inputs, &self.input);
        let [tables, rows, cells, width] = x.dims();
        for block in &self.blocks {
            let normed = norm(x.clone(), &block.rows.gains);
            let context = normed.clone().slice(s![.., 0..labelled]);
            // [tables · cells · heads, rows, size]
            let split = |x: Tensor<4>, rows: usize| {
                x.reshape([tables, rows, cells, self.heads, width / self.heads])
                    .permute([0, 2, 3, 1, 4])
                    .reshape([tables * cells * self.heads, rows, width / self.heads])
            };
            let read = self.attend(
                split(product(normed, &block.rows.query), rows),
                split(product(context.clone(), &block.rows.key), labelled),
                split(product(context, &block.rows.value), labelled),
                true,
            );
            let read = read
                .reshape([tables, cells, self.heads, rows, width / self.heads])
                .permute([0, 3, 1, 2, 4])
                .reshape([tables, rows, cells, width]);
            x = x.add(product(read, &block.rows.output));

            let normed = norm(x.clone(), &block.columns.gains);
            // [tables · rows · heads, cells, size]
            let split = |x: Tensor<4>| {
                x.reshape([tables * rows, cells, self.heads, width / self.heads])
                    .permute([0, 2, 1, 3])
                    .reshape([tables * rows * self.heads, cells, width / self.heads])
            };
            let read = self.attend(
                split(product(normed.clone(), &block.columns.query)),
                split(product(normed.clone(), &block.columns.key)),
                split(product(normed, &block.columns.value)),
                false,
            );
            let read = read
                .reshape([tables * rows, self.heads, cells, width / self.heads])
                .permute([0, 2, 1, 3])
                .reshape([tables, rows, cells, width]);
            x = x.add(product(read, &block.columns.output));

            let normed = norm(x.clone(), &block.gains);
            let bias = block.bias.val().reshape([1, 1, 1, self.hidden]);
            let units = relu(product(normed, &block.up).add(bias));
            x = x.add(product(units, &block.down));
        }
        let last = x.slice(s![.., labelled.., cells - 1..cells]);
        norm(last, &self.gains)
            .mul(self.head.val().reshape([1, 1, 1, width]))
            .sum_dim(3)
            .reshape([tables, rows - labelled])
    }

    /// Attention of `[n, queries, size]` to `[n, keys, size]`; with `is_free` a query may read
    /// nothing.
    fn attend(
        &self,
        queries: Tensor<3>,
        keys: Tensor<3>,
        values: Tensor<3>,
        is_free: bool,
    ) -> Tensor<3> {
        let [n, count, size] = queries.dims();
        let read = keys.dims()[1];
        let scores = queries
            .matmul(keys.swap_dims(1, 2))
            .mul_scalar((size as f64).sqrt().recip());
        let weights = if is_free {
            let nothing = Tensor::zeros([n, count, 1], &scores.device());
            softmax(Tensor::cat(vec![scores, nothing], 2), 2).slice(s![.., .., 0..read])
        } else {
            softmax(scores, 2)
        };
        weights.matmul(values)
    }

    /// The matrices inside the blocks.
    pub(super) fn matrices(&self) -> Vec<ParamId> {
        let of = |block: &Block| {
            let attention = [&block.rows, &block.columns]
                .into_iter()
                .flat_map(|part| [&part.query, &part.key, &part.value, &part.output]);
            let all = attention.chain([&block.up, &block.down]);
            all.map(|matrix| matrix.id).collect::<Vec<_>>()
        };
        self.blocks.iter().flat_map(of).collect()
    }

    #[cfg(test)]
    pub(super) fn with_random_head(mut self) -> Self {
        let device = self.head.val().device();
        self.head = Initializer::Normal {
            mean: 0.0,
            std: 1.0,
        }
        .init([self.width], &device);
        self
    }

    /// The weights for `fewshop-table`.
    ///
    /// # Panics
    /// If a weight is not finite.
    #[must_use]
    pub fn export(&self) -> Network {
        let one = |array: &Param<Tensor<1>>| values(array.val());
        let two = |array: &Param<Tensor<2>>| values(array.val());
        let mut arrays = vec![two(&self.input)];
        for block in &self.blocks {
            for part in [&block.rows, &block.columns] {
                arrays.push(one(&part.gains));
                arrays.extend([&part.query, &part.key, &part.value, &part.output].map(two));
            }
            arrays.push(one(&block.gains));
            arrays.push(two(&block.up));
            arrays.push(one(&block.bias));
            arrays.push(two(&block.down));
        }
        arrays.extend([&self.gains, &self.head].map(one));
        let shape = Shape {
            width: self.width,
            heads: self.heads,
            blocks: self.blocks.len(),
            hidden: self.hidden,
        };
        Network::new(shape, arrays).expect("the shapes are those that init has made")
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data()
        .try_to_vec::<f32>()
        .expect("weights on the CPU are f32 and can be read")
}
