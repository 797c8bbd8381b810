//! The same tower in ordinary burn code: a module, autodiff, Adam.

use burn::module::{Module, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::Task;
use crate::tower::{D, PARAMETERS};

/// The tower's parameters.
#[derive(Module, Debug)]
pub struct Net {
    u: Param<Tensor<2>>,
    w1: Param<Tensor<2>>,
    b1: Param<Tensor<2>>,
    w2: Param<Tensor<2>>,
    b2: Param<Tensor<2>>,
}

impl Net {
    fn of(start: &[f32], device: &Device) -> Self {
        assert_eq!(start.len(), PARAMETERS, "a tower's parameters");
        let mut rest = start;
        let mut next = |rows: usize| {
            let (own, after) = rest.split_at(rows * D);
            rest = after;
            Param::from_tensor(
                Tensor::<2>::from_data(TensorData::new(own.to_vec(), [rows, D]), device)
                    .require_grad(),
            )
        };
        Self {
            u: next(1),
            w1: next(D),
            b1: next(1),
            w2: next(D),
            b2: next(1),
        }
    }

    /// The user's vector.
    ///
    /// # Shapes
    /// - `centre`, output: `[1, 64]`
    pub fn forward(&self, centre: Tensor<2>) -> Tensor<2> {
        let hidden = relu(
            centre
                .add(self.u.val())
                .matmul(self.w1.val())
                .add(self.b1.val()),
        );
        hidden.matmul(self.w2.val()).add(self.b2.val())
    }

    fn loss(&self, centre: &Tensor<2>, columns: &Tensor<2>, shots: usize, l2: f32) -> Tensor<1> {
        let logits = self.forward(centre.clone()).matmul(columns.clone());
        let loss = log_softmax(logits, 1).narrow(1, 0, shots).mean().neg();
        let squares =
            [&self.u, &self.w1, &self.b1, &self.w2, &self.b2].map(|p| p.val().square().sum());
        let [a, b, c, d, e] = squares;
        loss.add(a.add(b).add(c).add(d).add(e).mul_scalar(l2))
    }
}

/// A catalogue on a device.
#[derive(Debug)]
pub struct Plain {
    device: Device,
    table: Tensor<2>,
    user: Option<Tensor<2>>,
}

impl Plain {
    /// Uploads the table, `[items, 64]`.
    #[must_use]
    pub fn new(table: &[f32], device: Device) -> Self {
        let rows = table.len() / D;
        Self {
            table: Tensor::from_data(TensorData::new(table.to_vec(), [rows, D]), &device),
            device,
            user: None,
        }
    }

    /// Fine-tunes and returns the user's vector; with `losses`, the loss before each step and after
    /// the last.
    pub async fn finetune(&mut self, task: &Task, mut losses: Option<&mut Vec<f32>>) -> Vec<f32> {
        let training = self.device.clone().autodiff();
        let shots = task.positives.len();
        let rows: Vec<i32> = task
            .positives
            .iter()
            .chain(&task.negatives)
            .map(|&row| row as i32)
            .collect();
        let rows =
            Tensor::<1, Int>::from_data(TensorData::new(rows.clone(), [rows.len()]), &self.device);
        let rows = self.table.clone().select(0, rows);
        let centre =
            Tensor::from_inner(rows.clone().narrow(0, 0, shots).mean_dim(0)).to_device(&training);
        let columns = Tensor::from_inner(rows.swap_dims(0, 1)).to_device(&training);
        let mut net = Net::of(&task.start, &training);
        let mut adam = AdamConfig::new()
            .with_beta_1(task.beta1)
            .with_beta_2(task.beta2)
            .with_epsilon(task.epsilon)
            .init();
        for _ in 0..task.steps {
            let loss = net.loss(&centre, &columns, shots, task.l2);
            if let Some(losses) = losses.as_deref_mut() {
                losses.extend(read(loss.clone()).await);
            }
            let gradients = GradientsParams::from_grads(loss.backward(), &net);
            net = adam.step(f64::from(task.rate), net, gradients);
        }
        if let Some(losses) = losses {
            losses.extend(read(net.loss(&centre, &columns, shots, task.l2)).await);
        }
        let user = net.forward(centre).inner();
        self.user = Some(user.clone());
        read(user).await
    }

    /// Scores of all items for the user fine-tuned last; empty before the first.
    pub async fn scan(&self) -> Vec<f32> {
        match &self.user {
            Some(user) => read(self.table.clone().matmul(user.clone().swap_dims(0, 1))).await,
            None => Vec::new(),
        }
    }
}

/// Always asynchronous: a browser has no other way to read from a GPU.
async fn read<const N: usize>(tensor: Tensor<N>) -> Vec<f32> {
    let data = tensor
        .into_data_async()
        .await
        .expect("the benchmark's device can be read");
    data.try_into_vec::<f32>()
        .expect("the benchmark's tensors are f32")
}
