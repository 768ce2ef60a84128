// SPDX-License-Identifier: Apache-2.0
// projection: the directions in which vectors differ most, to look at many dimensions in two.
#pragma once
#include <Eigen/Eigenvalues>
#include <cmath>
#include <cstddef>
#include <vector>

#include <collab/core/error.hpp>

namespace collab {

/// The mean of vectors and the first principal axes, orthonormal, the one of the largest variance
/// first (Hotelling 1933).
struct PrincipalAxes {
    int width = 0;
    std::vector<double> mean;
    std::vector<std::vector<double>> axes;
    std::vector<double> share;  ///< of the whole variance, along each axis

    /// Where a vector of `width` numbers lies along axis k.
    template <class T>
    double operator()(int k, const T* v) const {
        double sum = 0;
        const auto& a = axes[std::size_t(k)];
        for (std::size_t i = 0; i < a.size(); ++i)
            sum += a[i] * (double(v[i]) - mean[i]);
        return sum;
    }
};

namespace detail {
/// The first eigenvectors of XᵀX in columns, those of the largest eigenvalues first, which go to
/// `values`. Where there are fewer rows than columns it is XXᵀ that is solved, which is smaller and
/// has the same eigenvalues but for zeros; the vectors of those are any that are orthogonal.
inline Eigen::MatrixXd principal_vectors(const Eigen::MatrixXd& x, Eigen::Index count,
                                         Eigen::VectorXd& values) {
    const bool tall = x.rows() >= x.cols();
    const Eigen::MatrixXd products =
        tall ? Eigen::MatrixXd(x.transpose() * x) : Eigen::MatrixXd(x * x.transpose());
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(products);
    const Eigen::Index n = products.rows();
    Eigen::MatrixXd axes(x.cols(), count);
    values = Eigen::VectorXd::Zero(count);
    for (Eigen::Index k = 0; k < count; ++k) {
        Eigen::VectorXd axis = Eigen::VectorXd::Zero(x.cols());
        if (k < n && solver.eigenvalues()[n - 1 - k] > 1e-14 * products.trace()) {
            values[k] = solver.eigenvalues()[n - 1 - k];
            const Eigen::VectorXd solved = solver.eigenvectors().col(n - 1 - k);
            axis = tall ? solved : Eigen::VectorXd(x.transpose() * solved);
        } else {
            // nothing differs in any other direction: what is left of the coordinate axis of which
            // most is
            const auto before = axes.leftCols(k);
            Eigen::Index which = 0;
            before.rowwise().squaredNorm().minCoeff(&which);
            axis = Eigen::VectorXd::Unit(x.cols(), which) - before * before.row(which).transpose();
        }
        axes.col(k) = axis.normalized();
    }
    return axes;
}
}  // namespace detail

/// Of vectors [n][width]. The same vectors give the same picture: the largest number of an axis is
/// positive.
template <class T>
PrincipalAxes principal_axes(const std::vector<T>& vectors, int width, int count = 2) {
    if (width < 1 || vectors.size() % std::size_t(width) != 0 ||
        vectors.size() < 2 * std::size_t(width))
        fail("principal axes of ", vectors.size(), " numbers in vectors of ", width,
             "; expected two or more whole vectors");
    if (count < 1 || count > width)
        fail("vectors of ", width, " numbers have 1 to ", width, " principal axes, not ", count);
    using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const Eigen::Index n = Eigen::Index(vectors.size()) / width;
    Eigen::MatrixXd x = Eigen::Map<const Rows>(vectors.data(), n, width).template cast<double>();
    const Eigen::RowVectorXd mean = x.colwise().mean();
    x.rowwise() -= mean;
    for (Eigen::Index i = 0; i < x.size(); ++i)
        if (!std::isfinite(x(i / width, i % width)))
            fail("principal axes: number ", i, " is not finite");
    const double all = x.squaredNorm();
    Eigen::VectorXd values;
    const Eigen::MatrixXd axes = detail::principal_vectors(x, count, values);
    PrincipalAxes p{width, {mean.begin(), mean.end()}, {}, {}};
    for (Eigen::Index k = 0; k < count; ++k) {
        Eigen::VectorXd axis = axes.col(k);
        Eigen::Index largest = 0;
        axis.cwiseAbs().maxCoeff(&largest);
        if (axis[largest] < 0)
            axis = -axis;
        p.axes.emplace_back(axis.begin(), axis.end());
        p.share.push_back(all > 0 ? values[k] / all : 0);
    }
    return p;
}

}  // namespace collab
